"""How the stages stand: who waits for them and how long, what they get done."""
