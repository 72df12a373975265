"""Dead letters on the dashboard."""
