"""What a job costs its services, for whoever sizes pods."""
