"""Partitions: which are ours, from where they are read, how far they are done, when they wait."""
