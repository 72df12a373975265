"""Jobs that wait for a time of their own or for the stage's window, and how they are let go."""
