"""What walks all jobs of a lane at a time: reprocess, forget; and what cleans up: trim."""
