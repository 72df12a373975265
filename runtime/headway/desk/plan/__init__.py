"""`headway plan`: how many partitions, replicas and brokers a load needs, and what time it takes."""
