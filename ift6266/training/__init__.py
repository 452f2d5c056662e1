"""Training: compiled steps, the main loop, its extensions, checkpoints."""
