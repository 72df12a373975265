"""How the rules of the schedules and the windows of stages stand; read anew, stored nowhere."""
