"""What is declared in schedules.yaml, a kind a file, and its check."""
