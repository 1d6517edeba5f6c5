"""What should not have happened is told as a fault of ours, without words that may be secret."""

from datetime import UTC, datetime

import pytest

from tieout.core.errors import StoreError, UnexpectedError, fault_of
from tieout.core.guards import is_stale


def test_an_error_of_ours_stays_as_it_is():
    error = StoreError("the disk is full")
    assert fault_of(error) is error


def test_anything_else_names_its_kind_and_the_innermost_place_of_ours():
    with pytest.raises(TypeError) as caught:
        is_stale("no time", last_applied=datetime(2026, 11, 20, tzinfo=UTC))
    fault = fault_of(caught.value)
    assert isinstance(fault, UnexpectedError)
    assert fault.__cause__ is caught.value
    assert "this is a fault of Tieout: TypeError in tieout.core.guards line " in str(fault)


def test_the_words_of_the_exception_are_not_repeated():
    message = str(fault_of(KeyError("planted-secret")))
    assert "KeyError" in message
    assert "planted-secret" not in message
    assert "nothing was written by it" in message
