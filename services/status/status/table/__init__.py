"""The table: rows, their merging, the file they lie in, and how far it has come."""
