"""What a person should know, in sentences."""
