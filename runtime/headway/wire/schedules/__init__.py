"""What is told of schedules, lane by lane, as one thing; and what is asked of them."""
