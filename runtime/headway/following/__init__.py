"""Topics followed without a group: to their end, and then on."""
