"""What a stage has to say, in frames: one transaction each, tried until it is said."""
