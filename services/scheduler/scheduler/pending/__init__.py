"""What waits for its time: items, their order, and their records."""
