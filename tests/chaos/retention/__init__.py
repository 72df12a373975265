"""Jobs are forgotten while others flow: what is left of them, and what every replica shows."""
