"""What a load needs, simulated: partitions, replicas, frames and brokers, and what time it takes."""
