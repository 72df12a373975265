"""How services listen and end: connections, trust, health, signals."""
