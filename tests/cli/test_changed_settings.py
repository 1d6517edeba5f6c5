"""`tieout db settings`: what was changed at run time is shown, and taken back where it misfits."""

from pathlib import Path

import pytest

from cli.morning import written

MISFIT = "accounts.gone/1.policy.truth"
PROBLEM = "must be of connection/account"


@pytest.fixture
def book(folder: Path) -> Path:
    """A book with a change that fits and one whose connection is gone."""
    made = written(folder)
    made.store.put_runtime_settings({MISFIT: '"book"', "service.schedule": '"60"'})
    made.store.close()
    return folder / "book.db"


def test_a_change_that_fits_no_more_is_shown_and_taken_back(tieout, book):
    shown = tieout("db", "settings")
    assert shown.status == 0
    assert MISFIT in shown.out
    assert PROBLEM in shown.out
    done = tieout("db", "settings", "--clear", MISFIT, "--json")
    assert done.json == {"settings": [{"key": "service.schedule", "value": "60", "problem": None}]}
    assert tieout("positions").err == ""
    tieout("db", "settings", "--clear", "service.schedule")
    assert tieout("db", "settings").out == "Nothing was changed at run time.\n"


def test_every_command_and_doctor_say_that_a_change_is_left_out(tieout, book):
    told = tieout("positions", "--json")
    assert f"tieout db settings --clear {MISFIT}" in told.err
    assert told.json
    listed = tieout("doctor", "--json").json["findings"]
    (found,) = [each for each in listed if MISFIT in each["message"]]
    assert (found["subject"], found["level"]) == ("settings", "warning")


def test_what_was_not_changed_cannot_be_taken_back(tieout, book):
    done = tieout("db", "settings", "--clear", "service.port")
    assert done.status == 2
    assert f"service.port was not changed; changed are: {MISFIT}, service.schedule" in done.err
