"""What pauses the stages just now, as their instances say; known for seconds, stored nowhere."""
