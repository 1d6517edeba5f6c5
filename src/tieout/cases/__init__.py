"""Case files: one complete tie-out as data, read, run through the core, and shown."""
