"""Around a handler, a duty a file: how long it takes, whether it is called again."""
