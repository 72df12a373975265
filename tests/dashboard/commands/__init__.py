"""What is asked of jobs on the dashboard, and what holds them back."""
