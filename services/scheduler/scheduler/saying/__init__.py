"""Changes of lanes on their way into transactions."""
