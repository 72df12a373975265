"""The loop: lanes at work, what comes due in them, and health."""
