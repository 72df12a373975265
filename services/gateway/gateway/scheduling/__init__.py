"""What is asked of the rules of the schedules: one record to each lane."""
