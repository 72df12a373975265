"""From a submission to an acknowledged record."""
