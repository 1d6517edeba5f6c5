"""Tests of the venue modules: their translation, and what they make of every kind of reply."""
