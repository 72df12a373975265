"""Words that all the rest uses: errors and what they decide, time, bounded text."""
