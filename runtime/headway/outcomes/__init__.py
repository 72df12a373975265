"""What becomes of a record, a kind a file."""
