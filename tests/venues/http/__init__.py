"""Tests of what asking over HTTP is like, whichever venue is asked."""
