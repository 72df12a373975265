"""What a rule sees of its lane: a job, a desk to write at, how it stands itself."""
