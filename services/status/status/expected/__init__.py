"""What a job that is not over has before it: its place in line, and the time to its end."""
