"""What a load needs, simulated: partitions, replicas, frames, brokers, and the time it takes."""
