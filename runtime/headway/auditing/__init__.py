"""What all records of a cluster say together: nothing lost, nothing twice, nothing untrue."""
