"""From a cluster's topics to histories: where all is cut, what is read, what it means."""
