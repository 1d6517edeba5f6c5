"""The garbage collector rests while a run works, and is left as it was found."""

import gc
from collections.abc import Iterator

import pytest

from tieout.runs.collector import collector_rests


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.enable()
    yield
    if was_enabled:
        gc.enable()
    else:
        gc.disable()


def test_the_collector_rests_within_and_works_again_afterwards():
    with collector_rests():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_works_again_after_an_error():
    with pytest.raises(ZeroDivisionError), collector_rests():
        raise ZeroDivisionError
    assert gc.isenabled()
    with collector_rests():
        assert not gc.isenabled()


def test_a_collector_that_the_program_turned_off_stays_off():
    gc.disable()
    with collector_rests():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_the_run_that_had_it_rest_ends_the_rest_though_another_goes_on():
    first, second = collector_rests(), collector_rests()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_a_function_may_have_the_collector_rest_every_time_it_is_called():
    @collector_rests()
    def worked() -> bool:
        return gc.isenabled()

    assert [worked(), gc.isenabled(), worked(), gc.isenabled()] == [False, True, False, True]
