"""What must hold of a job's records, a subject a file; each a function of what was read."""
