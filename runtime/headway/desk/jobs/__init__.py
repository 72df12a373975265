"""Commands about one job, and the newest states of some."""
