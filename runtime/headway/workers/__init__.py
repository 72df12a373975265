"""Worker processes: a stage's handler called where its crash costs one job, not the stage."""
