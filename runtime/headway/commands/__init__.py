"""What is wanted of jobs, done by the stage that holds them: sent back, ended, or refused."""
