"""From a user's file to clean columns."""
