"""Each kind of column, summarized."""
