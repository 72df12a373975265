"""The document that P1 writes."""
