"""What a job has before it, on the page."""
