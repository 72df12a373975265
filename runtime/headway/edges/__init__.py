"""The borders: the clients of Kafka and of the object store, and the open files of the process."""
