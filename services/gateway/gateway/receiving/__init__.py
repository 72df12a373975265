"""From a request to a submission."""
