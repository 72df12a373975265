"""What a job that is submitted now has before it, as the status service sees it."""
