"""What there is, as people declare it: pipeline, topics, settings, a stage and its handler."""
