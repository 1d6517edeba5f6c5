"""Core values as JSON material and back, exactly."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal, NamedTuple, NewType

import pytest

from tieout.core.activity import Activity, ActivityId, Ratio
from tieout.core.codec import canonical, from_plain, to_plain, to_text
from tieout.core.facts import (
    Adopted,
    Booked,
    Confirmed,
    CostSet,
    Fact,
    Happened,
    Observed,
    Opening,
    Withdrawn,
)
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot
from tieout.core.numbers import NOTHING, Amount, money
from tieout.core.pnl import Figures, Totals
from tieout.core.position import Ledger, Position
from tieout.core.snapshot import Holding, Snapshot

NOON = datetime(2026, 11, 20, 12, 0, 0, 250000, tzinfo=UTC)
A = LedgerId("A")
Name = NewType("Name", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """One field of each kind that the codec knows."""

    name: Name
    number: Decimal
    count: int = 3
    is_on: bool = False
    word: Literal["a", "b"] = "a"
    maybe: Decimal | None = None
    day: date | None = None
    at: datetime = NOON
    numbers: tuple[Decimal, ...] = ()
    mixed: tuple[str, Decimal] = ("", Decimal(0))
    by_name: dict[str, Decimal] = field(default_factory=dict)
    row: Holding | None = None
    amount: Amount = NOTHING


FULL = Everything(
    name=Name("ü\n\"'"), number=Decimal("-0.10"), count=-7, is_on=True, word="b",
    maybe=Decimal("1E+2"), day=date(2026, 11, 20), at=NOON + timedelta(days=1),
    numbers=(Decimal("1.0"), Decimal("1E-30")), mixed=("x", Decimal(7)),
    by_name={"b": Decimal(2), "a": Decimal("1.50")}, row=Holding(symbol="l"),
    amount=money(Decimal("0.00")),
)  # fmt: skip


def test_every_kind_of_field_is_read_back_as_it_was_written():
    assert from_plain(Everything, to_plain(FULL)) == FULL
    assert from_plain(Everything, json.loads(to_text(FULL))) == FULL


def test_numbers_and_times_are_texts_and_nothing_is_rounded():
    material = to_plain(FULL)
    assert material["number"] == "-0.10"
    assert material["maybe"] == "100"
    assert material["numbers"] == ["1.0", "0.000000000000000000000000000001"]
    assert material["at"] == "2026-11-21T12:00:00.250000+00:00"
    assert material["day"] == "2026-11-20"
    assert material["count"] == -7
    assert material["is_on"] is True


def test_what_is_at_its_default_is_left_out():
    bare = Everything(name=Name("n"), number=Decimal(0))
    assert to_plain(bare) == {"name": "n", "number": "0"}
    assert to_text(bare) == '{"name":"n","number":"0"}'
    assert from_plain(Everything, {"name": "n", "number": "0"}) == bare


def test_a_value_of_another_type_than_the_default_is_written():
    @dataclass(frozen=True)
    class Loose:
        value: object = 0

    assert to_plain(Loose(False)) == {"value": False}
    assert to_plain(Loose(0)) == {}
    assert to_text(Loose(False)) == '{"value":false}'


def test_a_row_leaves_out_what_was_not_reported():
    row = Holding(symbol="A", quantity="1", average_price=None, price="")
    assert to_plain(row) == {"symbol": "A", "quantity": "1", "price": ""}
    assert from_plain(Holding, to_plain(row)) == row


@pytest.mark.parametrize(
    "value",
    [
        FULL,
        None,
        [],
        (1, "two", None, True),
        {"b": Decimal(1), "a": [NOON]},
        Snapshot(as_of=NOON, holdings=(Holding(symbol="A"),), complete=False, problems=("cut",)),
        NOON.astimezone(timezone(timedelta(hours=-5))),
        date(2026, 1, 2),
        'quote " backslash \\ control \x1f snow ☃',
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_text_is_the_canonical_json_of_the_material(value):
    assert to_text(value) == canonical(to_plain(value))


class Pair(NamedTuple):
    first: str
    second: Decimal


class Moment(datetime):
    """What some libraries give as a time."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Pair("a", Decimal("1.50")), '["a","1.50"]'),
        ({"pair": Pair("a", Decimal(2))}, '{"pair":["a","2"]}'),
        (Moment(2026, 11, 20, 12, tzinfo=UTC), '"2026-11-20T12:00:00+00:00"'),
    ],
)
def test_a_special_kind_of_a_plain_value_is_written_like_the_plain_one(value, text):
    assert to_text(value) == text


def test_canonical_json_has_sorted_keys_and_no_spaces():
    assert canonical({"b": [1, None], "a": "ü"}) == '{"a":"ü","b":[1,null]}'


def test_equal_times_in_other_zones_are_written_as_they_are():
    eastern = NOON.astimezone(timezone(timedelta(hours=-5)))
    assert to_text(NOON) == '"2026-11-20T12:00:00.250000+00:00"'
    assert to_text(eastern) == '"2026-11-20T07:00:00.250000-05:00"'
    assert to_text(NOON) == '"2026-11-20T12:00:00.250000+00:00"'


# Facts and ledgers


LOT = Lot(id="a", quantity=Decimal(10), cost=None, fees=Amount(Decimal(1), Decimal("0.3")), at=NOON)
POSITION = Position(
    quantity=Decimal(10), lots=(LOT,), basis="venue", status="REDUCED", opened_at=NOON,
    opened_by="a", totals=Totals({"USD": Figures(gross=money(Decimal(7)), closings=1)}),
    fraction=Decimal("0.5"), is_resized=True,
)  # fmt: skip
SPLIT = Activity(
    id=ActivityId("s1"), type="split", symbol="A", at=NOON, cash=Decimal("12.50"),
    ratio=Ratio(new=Decimal(1), old=Decimal(10)), earliest_at=NOON - timedelta(hours=9),
)  # fmt: skip
FACTS: list[Fact] = [
    Opening(ledger=A, order=1, at=NOON, position=POSITION, multiplier=Decimal(50)),
    Happened(ledger=A, order=2, at=NOON, activity=SPLIT, is_receiving=True, partner=LedgerId("B")),
    Adopted(ledger=A, order=3, at=NOON, quantity=Decimal(0), average=None, history="partial"),
    Observed(
        ledger=A, order=4, at=NOON, movement=Decimal(-4), price=Decimal("1.10"), reason="flat",
        ratio=Ratio(new=Decimal(2), old=Decimal(1)), symbol="B", refused=(ActivityId("x"),),
    ),
    Booked(
        ledger=A, order=5, at=NOON, action="close", quantity=Decimal(-1), price=Decimal(0),
        is_final=True,
    ),
    Confirmed(ledger=A, order=6, at=NOON, booking=5),
    Withdrawn(ledger=A, order=7, at=NOON, target=5, ends_unconfirmed=True),
    CostSet(ledger=A, order=8, at=NOON, price=Decimal("99.5")),
]  # fmt: skip


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_is_written_with_its_name_and_read_back(fact):
    material = to_plain(fact)
    assert material["is"] == type(fact).__name__
    assert from_plain(Fact, material) == fact
    assert to_text(fact) == canonical(material)
    assert from_plain(Fact, json.loads(to_text(fact))) == fact


def test_a_fact_of_no_known_kind_is_refused():
    with pytest.raises(KeyError, match="Rumour"):
        from_plain(Fact, {"is": "Rumour", "ledger": "A"})


def test_a_ledger_is_read_back_with_its_instrument_and_position():
    ledger = Ledger(
        id=A, side="short", position=POSITION, reconciliation="DRIFT", misses=2, last_at=NOON,
        has_waiting=True, links=(LedgerId("B"),), booked=(5, 6), kept=("1", None),
        instrument=Instrument(
            symbol="A", asset_class="option", multiplier=None, venue_ids=("7",), spellings=("a",),
            expires=date(2027, 1, 15), price_decimals=0, inverse=True,
        ),
    )  # fmt: skip
    assert from_plain(Ledger, to_plain(ledger)) == ledger
    assert to_text(ledger) == canonical(to_plain(ledger))


def test_a_side_of_a_break_is_a_figure_a_text_or_nothing():
    """A coin may begin with a digit: 1INCH."""
    side: dict[str, Decimal | str | None] = {
        "multiplier": Decimal("0.50"), "currency": "1INCH", "quantity": Decimal(-3), "price": None,
    }  # fmt: skip
    read = from_plain(dict[str, Decimal | str | None], json.loads(to_text(side)))
    assert read == side
    assert str(read["multiplier"]) == "0.50"
    assert isinstance(read["quantity"], Decimal)
