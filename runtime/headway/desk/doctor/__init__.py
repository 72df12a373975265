"""`headway doctor`: whether the services find what they need, and what to do where they do not."""
