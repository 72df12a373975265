"""Jobs that wait for their time while their schedulers are killed and stopped."""
