"""Tests of the store: what is written comes back, whatever happens in between."""
