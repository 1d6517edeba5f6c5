"""A venue for Tieout: `broker` is the broker, `venue` the adapter that reads it."""
