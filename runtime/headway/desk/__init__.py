"""The command line: retry and cancel jobs; find, show, redrive, export, replay dead letters."""
