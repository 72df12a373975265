"""Long runs against brokers and services that are taken away: `make chaos` and its kin.

No tests: they take minutes, print what goes on and end with a table. What is short enough for CI
is in tests/e2e.
"""
