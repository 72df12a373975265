"""Jobs that fail in every way, by a plan, while services and their broker are taken away."""
