"""What the stages did in windows of time, as the statistics say: known from their topic alone."""
