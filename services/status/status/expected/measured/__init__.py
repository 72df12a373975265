"""What was seen of one stage: how fast it takes jobs, and how long they run in it."""
