"""The command line: retry and cancel jobs, redrive dead letters; audit, doctor, plan."""
