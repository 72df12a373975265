"""The scheduler: what is to happen at a time, as commands to the stages; it does no work itself."""
