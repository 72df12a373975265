"""From a wish to an acknowledged command: retry, cancel, run now, run again or forget a job."""
