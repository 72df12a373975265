"""What an instance tells of itself once a second: what it has done, what waits, what pauses it."""
