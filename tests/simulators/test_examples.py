"""The examples in the simulators' docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

from tieout import simulators

MODULES = [
    f"{simulators.__name__}.{each.name}" for each in pkgutil.iter_modules(simulators.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
