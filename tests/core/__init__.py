"""Tests of the core: rules as scenarios, properties over generated histories, units by module."""
