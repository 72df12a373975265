"""Are the cluster's topics those declared: compared, created, watched."""
