"""What readers of events see, from their first byte to their last."""
