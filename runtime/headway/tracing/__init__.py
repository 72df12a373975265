"""Traces: the context that a record carries, and the spans of its job; nothing while it is off."""
