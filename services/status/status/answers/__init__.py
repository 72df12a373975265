"""What the table is asked, and how its answers look."""
