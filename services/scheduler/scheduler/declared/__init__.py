"""schedules.yaml: its fields, crontabs and rules, and every fault of it at once."""
