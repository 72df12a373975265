"""One stage from start to exit: its parts, its loop, its life."""
