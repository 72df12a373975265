"""Records in: polled while there is room, made tasks, begun when it is safe to."""
