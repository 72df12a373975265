"""From a wish to an acknowledged command: retry or cancel a job, or retry many."""
