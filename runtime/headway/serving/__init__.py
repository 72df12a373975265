"""How every service is run: work, health, connections, trust, signals, the end."""
