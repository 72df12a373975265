"""Many jobs in one call: collected, handed over together, answered each by itself."""
