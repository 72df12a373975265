"""The chart on a real cluster, from install to uninstall: `make test-cluster`."""
