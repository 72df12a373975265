"""A dead letter met again at a desk: the stage's handler, in this process, writing nothing."""
