"""The examples in the store's docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

from tieout import store

MODULES = [f"{store.__name__}.{each.name}" for each in pkgutil.iter_modules(store.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
