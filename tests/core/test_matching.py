"""Which ledger a row or an activity means: by instrument, never by spelling alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.core.book import ledger_id
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot
from tieout.core.matching import (
    Names,
    is_past_expiry,
    is_revalued,
    known_number,
    with_row,
)
from tieout.core.numbers import NOTHING
from tieout.core.position import Ledger, Position
from tieout.core.snapshot import Holding

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ledger(key: str, symbol: str, quantity: str = "0", *, side=None, **instrument) -> Ledger:
    position = None
    if Decimal(quantity):
        lot = Lot(id="a", quantity=Decimal(quantity), cost=None, fees=NOTHING, at=NOON)
        position = Position(
            quantity=Decimal(quantity), lots=(lot,), basis="venue", status="OPEN",
            opened_at=NOON, opened_by="a",
        )  # fmt: skip
    return Ledger(
        id=LedgerId(key), side=side, position=position,
        instrument=Instrument(symbol=symbol, **instrument),
    )  # fmt: skip


def names(*ledgers: Ledger, instruments=(), venue="alpaca") -> Names:
    return Names({each.id: each for each in ledgers}, instruments, venue=venue, currency="USD")


def row(symbol: str, **fields) -> Holding:
    return Holding(symbol=symbol, quantity="1", **fields)


# Activities


@pytest.mark.parametrize("symbol", ["BTC/USD", "BTCUSD", "BTC-USD", "btc-usd", " BTCUSD ", "XBT"])
def test_any_spelling_finds_the_ledger(symbol):
    known = names(ledger("k", "BTC/USD", spellings=("XBT",)))
    assert known.find(symbol, side=None) == "k"


def test_an_unknown_name_finds_nothing():
    assert names(ledger("k", "AAPL")).find("AAPL230721C00150000", side=None) is None
    assert names().find("AAPL", side=None) is None


def test_an_open_position_comes_before_a_flat_one_and_the_latest_before_others():
    old, new = ledger("old", "ABC"), ledger("new", "ABC")
    assert names(old, new).find("ABC", side=None) == "new"
    held = ledger("old", "ABC", "5")
    assert names(held, new).find("ABC", side=None) == "old"
    assert names(held, ledger("new", "ABC", "-1")).find("ABC", side=None) == "new"


def test_legs_are_found_by_their_side():
    known = names(ledger("l", "BTC", "1", side="long"), ledger("s", "BTC", "-1", side="short"))
    assert known.find("BTC", side="long") == "l"
    assert known.find("BTC", side="short") == "s"
    assert known.find("BTC", side=None) is None
    assert known.legs("btc") == ["l", "s"]
    assert known.legs("ETH") == []
    assert known.all_of("BTC")[:2] == ["l", "s"]


def test_a_side_may_be_named_for_a_position_that_has_none():
    known = names(ledger("n", "BTC", "-1"))
    assert known.find("BTC", side="short") == "n"
    assert known.find("BTC", side="long") is None
    assert names(ledger("n", "BTC", "1")).find("BTC", side="long") == "n"
    assert names(ledger("n", "BTC")).find("BTC", side="long") is None
    assert known.legs("BTC") == []
    assert known.is_netted("BTC")
    assert not names(ledger("n", "BTC")).is_netted("BTC")
    assert not names(ledger("l", "BTC", "1", side="long")).is_netted("BTC")


def test_after_a_rename_the_new_name_means_the_renamed_ledger_first():
    known = names(ledger("FB", "FB"), ledger("META", "META"))
    known.also("META", LedgerId("FB"))
    assert known.find("META", side=None) == "FB"
    known.also("META", LedgerId("META"))
    assert known.find("META", side=None) == "META"


def test_a_ledger_that_joined_another_is_found_as_that_other():
    joined = replace(ledger("META", "META"), joined=LedgerId("FB"))
    known = names(ledger("FB", "FB"), joined)
    assert known.find("META", side=None) == "FB"
    twice = replace(ledger("M2", "M2"), joined=LedgerId("META"))
    known.add(twice)
    assert known.find("M2", side=None) == "FB"


def test_a_ledger_is_added_with_all_its_names():
    known = names()
    known.add(ledger("k", "POL/USD", "1", spellings=("MATIC/USD",), venue_ids=("7",)))
    known.add(ledger("k", "POL/USD", "1", spellings=("MATIC/USD",), venue_ids=("7",)))
    assert known.find("MATICUSD", side=None) == "k"
    assert known.find_row(row("other", venue_id="7")) == "k"


# Rows


def test_the_venue_id_decides():
    known = names(ledger("a", "ABC", "1", venue_ids=("1",)), ledger("b", "XYZ", venue_ids=("2",)))
    assert known.find_row(row("ABC", venue_id="1")) == "a"
    assert known.find_row(row("NEWNAME", venue_id="1")) == "a"
    assert known.find_row(row("ABC", venue_id="2")) == "b"
    assert known.find_row(row("ABC")) == "a"


def test_a_known_name_with_another_id_is_another_instrument():
    known = names(ledger("a", "ABC", "1", venue_ids=("1",)))
    assert known.find_row(row("ABC", venue_id="9")) is None
    assert known.find_row(row("ABC", venue_id="9"), may_change_id=["a"]) == "a"
    assert known.find_row(row("ABC", venue_id="9"), may_change_id=["b"]) is None


def test_a_name_without_an_id_takes_any():
    assert names(ledger("a", "ABC", "1")).find_row(row("ABC", venue_id="9")) == "a"


def test_an_id_finds_the_leg_of_its_side():
    known = names(
        ledger("l", "BTC", "1", side="long", venue_ids=("1",)),
        ledger("s", "BTC", "-1", side="short", venue_ids=("1",)),
    )
    assert known.find_row(row("BTC", venue_id="1", side="short")) == "s"
    assert known.find_row(row("BTC", venue_id="1", side="long")) == "l"
    assert known.find_row(row("BTC", venue_id="1")) is None


# Instruments


DECLARED = (
    Instrument(symbol="ESZ6", asset_class="future", multiplier=Decimal(50), venue_ids=("11",)),
    Instrument(symbol="GOLD", asset_class="fund", spellings=("GLD",)),
)


def test_a_declared_instrument_is_found_by_name_spelling_or_id():
    known = names(instruments=DECLARED)
    assert known.instrument("esz6") == DECLARED[0]
    assert known.instrument("whatever", venue_id="11") == DECLARED[0]
    assert known.instrument("GLD") == DECLARED[1]
    assert known.instrument("GLD", venue_id="77") == DECLARED[1]
    assert known.instrument("BTC/USD").asset_class == "spot"


def test_a_declared_name_with_another_id_tells_its_class_alone():
    other = names(instruments=DECLARED).instrument("ESZ6", venue_id="12")
    assert other.asset_class == "future"
    assert other.venue_ids == ()


@pytest.mark.parametrize(
    ("taken", "side", "venue_id", "expected"),
    [
        ((), None, None, "ABC"),
        ((), "long", "7", "ABC|long"),
        (("ABC",), None, "7", "ABC#7"),
        (("ABC",), "short", "7", "ABC|short"),
        (("ABC|short",), "short", "7", "ABC#7|short"),
        (("ABC",), None, None, "ABC#1"),
        (("ABC", "ABC#2"), None, "2", "ABC#3"),
        (("ABC", "ABC#2"), None, None, "ABC#3"),
    ],
)
def test_a_new_ledger_gets_a_free_name(taken, side, venue_id, expected):
    known = names(*(ledger(each, "ABC") for each in taken))
    assert known.new_id("ABC", side=side, venue_id=venue_id) == expected


def test_a_ledger_is_named_by_its_first_symbol():
    assert ledger_id(" ABC ", side=None) == "ABC"
    assert ledger_id("ABC", side="long", venue_id="7") == "ABC#7|long"


# A name that was taken


def taken_name(*, held: str = "5") -> Names:
    """The first of two gave its name to the second at noon."""
    lost = replace(ledger("A", "ABC", "10"), lost_names=(("ABC", NOON),))
    return names(ledger("X", "ABC", held), lost)


@pytest.mark.parametrize(
    ("at", "expected"),
    [(None, "X"), (NOON - HOUR, "A"), (NOON, "A"), (NOON + HOUR, "X")],
)
def test_a_taken_name_means_each_in_its_time(at, expected):
    assert taken_name().find("abc", side=None, at=at) == expected


def test_an_open_position_is_meant_before_a_flat_one_that_took_its_name():
    assert taken_name(held="0").find("ABC", side=None, at=NOON + HOUR) == "A"


def test_of_several_that_lost_a_name_the_one_that_had_it_then_is_meant():
    first = replace(ledger("A", "ABC", "1"), lost_names=(("ABC", NOON),))
    second = replace(ledger("B", "ABC", "1"), lost_names=(("ABC", NOON + HOUR),))
    known = names(second, first, ledger("C", "ABC", "1"))
    assert known.find("ABC", side=None, at=NOON) == "A"
    assert known.find("ABC", side=None, at=NOON + HOUR) == "B"
    assert known.find("ABC", side=None, at=NOON + 2 * HOUR) == "C"


def test_another_name_of_it_is_not_lost():
    lost = replace(ledger("A", "NEW", "10", spellings=("ABC",)), lost_names=(("ABC", NOON),))
    known = names(lost, ledger("B", "NEW"))
    assert known.find("NEW", side=None, at=NOON - HOUR) == "A"


def test_a_row_whose_id_the_owner_of_the_name_does_not_have_means_the_open_one_without_id():
    known = names(ledger("A", "ABC", "10"), ledger("X", "ABC", "3", venue_ids=("2",)))
    assert known.find_row(Holding(symbol="ABC", quantity="10", venue_id="1")) == "A"
    assert known.find_row(Holding(symbol="ABC", quantity="3", venue_id="2")) == "X"
    assert known.find_row(Holding(symbol="ABC", quantity="3")) == "X"


def test_a_row_of_another_id_is_not_a_flat_position_without_id():
    known = names(ledger("A", "ABC"), ledger("X", "ABC", "3", venue_ids=("2",)))
    assert known.find_row(Holding(symbol="ABC", quantity="10", venue_id="1")) is None


# What a row says


STOCK = Instrument(symbol="ABC", venue_ids=("1",))


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        (row("ABC"), {}),
        (row("ABC", venue_id="1", asset_class="stock", currency="USD", multiplier="1.0"), {}),
        (row("ABC", venue_id="2"), {"venue_ids": ("1", "2")}),
        (row("ABC", currency="EUR"), {"currency": "EUR"}),
        (row("ABC", currency=""), {}),
        (row("ABC", asset_class="nonsense"), {}),
        (row("ABC", asset_class="fund"), {"asset_class": "fund"}),
        (row("ABC", asset_class="future"), {"asset_class": "future", "multiplier": None}),
        (row("ABC", asset_class="option"), {"asset_class": "option", "multiplier": None}),
        (
            row("ABC", asset_class="future", multiplier="50"),
            {"asset_class": "future", "multiplier": Decimal(50)},
        ),
        (row("ABC", multiplier="100"), {"multiplier": Decimal(100)}),
        (row("ABC", multiplier=""), {}),
    ],
)
def test_an_instrument_learns_from_a_row(said, changes):
    assert with_row(STOCK, said) == replace(STOCK, **changes)
    if not changes:
        assert with_row(STOCK, said) is STOCK
    is_money = bool(changes.keys() & {"currency", "asset_class", "multiplier"})
    assert is_revalued(STOCK, said) is is_money


def test_what_expired_ended_before_the_day():
    option = Instrument(symbol="X", expires=date(2026, 11, 20))
    assert is_past_expiry(option, date(2026, 11, 21))
    assert not is_past_expiry(option, date(2026, 11, 20))
    assert not is_past_expiry(STOCK, date(2026, 11, 21))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.50", "1.50"), ("0", "0"), ("-1e3", "-1E+3"), (None, None), ("", None), ("NaN", None),
        ("inf", None), ("n/a", None), (" 1", None),
    ],
)  # fmt: skip
def test_a_number_is_reported_or_not(text, number):
    assert known_number(text) == (None if number is None else Decimal(number))
