"""Records at work: threads, one call of the handler, how far it is."""
