"""The profile as P1 writes it, and its words."""
