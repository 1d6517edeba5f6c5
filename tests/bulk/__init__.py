"""The tests of `tieout diff`."""
