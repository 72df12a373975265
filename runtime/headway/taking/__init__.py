"""Records in: partitions taken over and given up, what of them is done, what waits and why."""
