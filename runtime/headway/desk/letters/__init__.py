"""Dead letters: found, looked at, given back, taken out."""
