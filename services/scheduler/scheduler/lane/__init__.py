"""One lane: what waits in it, how its rules stand, and what is to be said of both."""
