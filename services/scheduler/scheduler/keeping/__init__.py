"""What is kept of jobs and for how long: what may be trimmed, and what is left of who is gone."""
