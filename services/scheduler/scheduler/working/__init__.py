"""A lane at work: what it hears and does, and the changes that makes."""
