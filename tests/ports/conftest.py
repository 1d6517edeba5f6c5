"""Assertions of the suites explain themselves like those of test modules."""

import pytest

pytest.register_assert_rewrite("ports.store", "ports.store_access", "ports.store_records")
