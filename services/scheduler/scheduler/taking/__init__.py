"""Lanes taken over: what is committed, what waits, and then what comes."""
