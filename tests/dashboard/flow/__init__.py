"""The pipeline on the dashboard."""
