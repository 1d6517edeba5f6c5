"""Every error has a stable code and says what to do next."""

import pytest

from tieout.core import errors
from tieout.core.errors import (
    JournalError,
    NumberError,
    StaleVersion,
    StoreError,
    TieoutError,
    UnreadableBook,
    VenueError,
    VenueRefused,
    VenueReplyInvalid,
    VenueUnavailable,
)

CODES = {
    "TieoutError": "error",
    "NumberError": "number",
    "IllegalTransition": "illegal_transition",
    "CurrencyMismatch": "currency_mismatch",
    "JournalError": "journal",
    "SettingsError": "settings",
    "StoreError": "store",
    "StaleVersion": "stale_version",
    "UnreadableBook": "unreadable_book",
    "VenueError": "venue",
    "VenueUnavailable": "venue_unavailable",
    "VenueRefused": "venue_refused",
    "VenueReplyInvalid": "venue_reply_invalid",
}


def test_every_error_has_a_code_of_its_own():
    found = {
        name: item.code
        for name, item in vars(errors).items()
        if isinstance(item, type) and issubclass(item, TieoutError)
    }
    assert found.items() >= {name: code for name, code in CODES.items() if name in found}.items()
    assert len(set(found.values())) == len(found)


def test_a_journal_error_names_the_first_wrong_entry():
    error = JournalError("entry 7 is missing", sequence=7)
    assert error.sequence == 7
    assert str(error) == "entry 7 is missing"


def test_a_number_error_is_a_value_error_and_a_stale_version_a_store_error():
    assert issubclass(NumberError, ValueError)
    assert issubclass(StaleVersion, StoreError)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (VenueUnavailable, "unavailable"),
        (VenueRefused, "refused"),
        (VenueReplyInvalid, "reply_invalid"),
    ],
)
def test_a_venue_error_says_where_and_what_to_do(kind, word):
    error = kind("401 Unauthorized", venue="alpaca", advice="set APCA_API_KEY_ID", status=401)
    assert str(error) == "alpaca: 401 Unauthorized - set APCA_API_KEY_ID"
    assert (error.venue, error.advice, error.status) == ("alpaca", "set APCA_API_KEY_ID", 401)
    assert error.kind == word
    assert isinstance(error, VenueError)


def test_a_venue_error_without_advice_ends_with_what_happened():
    assert str(VenueRefused("no", venue="ibkr")) == "ibkr: no"


def test_a_venue_may_say_when_to_come_back():
    error = VenueUnavailable("429", venue="alpaca", status=429, retry_after_s=1.5)
    assert error.retry_after_s == 1.5
    assert VenueUnavailable("503", venue="alpaca").retry_after_s is None


def test_an_unreadable_book_says_which_command_names_the_change():
    error = UnreadableBook("positions, row 3: the quantity is not a number")
    assert error.finding == "positions, row 3: the quantity is not a number"
    assert str(error) == f"{error.finding}; `tieout verify` says what was changed"
    assert isinstance(error, StoreError)
