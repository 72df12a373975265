"""`headway plan`: what a load needs of partitions, replicas and brokers, and the time it takes."""
