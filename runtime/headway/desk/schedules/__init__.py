"""Rules of the schedules: how they stand, and what is asked of them."""
