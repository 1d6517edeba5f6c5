"""What an activity needs, when one takes another back, and when two are the same."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.core.activity import (
    ACTIVITY_TYPES,
    NEEDS,
    Activity,
    ActivityId,
    Ratio,
    content_digest,
    is_negation,
    missing_fields,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TWO = Ratio(new=Decimal(2), old=Decimal(1))


def activity(kind: str, **given) -> Activity:
    values = {
        name: Decimal(value) if name in DECIMALS and value is not None else value
        for name, value in given.items()
    }
    return Activity(id=ActivityId("a1"), type=kind, symbol="AAPL", at=NOON, **values)


DECIMALS = {"quantity", "price", "fee", "cash", "cost", "realized_pnl"}
FILL = activity(
    "fill", quantity="4", price="10.50", fee="1", fee_currency="USD", lot="l1", side="long",
    venue_id="7", realized_pnl="3",
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (activity("fill"), ("quantity", "price")),
        (activity("fill", quantity="1"), ("price",)),
        (activity("fill", price="1"), ("quantity",)),
        (activity("fill", quantity="0", price="0"), ()),
        (activity("liquidation", quantity="1"), ("price",)),
        (activity("fee"), ("quantity", "price")),
        (activity("fee", cash="-1"), ()),
        (activity("fee", quantity="-1"), ("price",)),
        (activity("fee", quantity="-1", price="2"), ()),
        (activity("funding"), ("cash",)),
        (activity("dividend", cash="0"), ()),
        (activity("split"), ("ratio",)),
        (activity("split", ratio=TWO), ()),
        (activity("rename"), ("to",)),
        (activity("spin_off", to="B"), ("ratio",)),
        (activity("spin_off"), ("to", "ratio")),
        (activity("merger"), ("to",)),
        (activity("merger", cash="5"), ()),
        (activity("merger", to="B"), ("ratio",)),
        (activity("merger", to="B", cash="5"), ("ratio",)),
        (activity("merger", to="B", ratio=TWO), ()),
        (activity("transfer"), ("quantity",)),
        (activity("expiry"), ()),
        (activity("assignment"), ()),
        (activity("exercise"), ()),
    ],
)
def test_each_type_has_fields_it_cannot_do_without(given, missing):
    assert missing_fields(given) == missing


def test_every_type_says_what_it_needs():
    assert set(NEEDS) == set(ACTIVITY_TYPES)


@pytest.mark.parametrize(
    ("target", "cancelling", "is_one"),
    [
        (activity("fill", quantity="4", price="1"), activity("fill", quantity="-4"), True),
        (activity("fill", quantity="4", price="1"), activity("fill", quantity="-4.0"), True),
        (activity("fill", quantity="4", price="1"), activity("fill", quantity="4"), False),
        (activity("fill", quantity="4", price="1"), activity("fill"), False),
        (activity("fill", quantity="4"), activity("transfer", quantity="-4"), False),
        (activity("dividend", cash="4"), activity("dividend", cash="-4"), True),
        (activity("dividend", cash="4"), activity("dividend", cash="4"), True),
        (activity("dividend", cash="4"), activity("dividend"), True),
        (activity("dividend", cash="4"), activity("dividend", cash="5"), False),
        (activity("dividend", cash="4"), activity("dividend", quantity="1"), False),
        (activity("split", ratio=TWO), activity("split"), True),
        (activity("split", ratio=TWO), activity("split", ratio=TWO), True),
        (activity("split", ratio=TWO), activity("split", ratio=Ratio(new=1, old=2)), False),
        (activity("rename", to="B"), activity("rename", to="B"), True),
        (activity("rename", to="B"), activity("rename", to="C"), False),
        (activity("split", ratio=TWO), activity("split", cash="0"), True),
    ],
)
def test_an_exact_negation_only_takes_back(target, cancelling, is_one):
    assert is_negation(cancelling, target) is is_one


def test_an_activity_starts_when_a_snapshot_may_first_show_it():
    assert FILL.starts_at == NOON
    early = replace(FILL, earliest_at=NOON - timedelta(hours=12))
    assert early.starts_at == NOON - timedelta(hours=12)


# Content


@pytest.mark.parametrize(
    ("name", "given"),
    [("quantity", "4.000"), ("price", "10.5"), ("fee", "1E+0"), ("realized_pnl", "3.00")],
)
def test_the_same_value_in_other_digits_is_the_same_content(name, given):
    assert content_digest(replace(FILL, **{name: Decimal(given)})) == content_digest(FILL)


def test_no_number_is_the_same_content_whatever_its_sign():
    zero = replace(FILL, fee=Decimal(0))
    assert content_digest(replace(FILL, fee=Decimal("-0.00"))) == content_digest(zero)


def test_ratios_are_compared_by_value():
    split = activity("split", ratio=TWO)
    same = replace(split, ratio=Ratio(new=Decimal("2.0"), old=Decimal("1.00")))
    assert content_digest(same) == content_digest(split)
    other = replace(split, ratio=Ratio(new=Decimal(4), old=Decimal(2)))
    assert content_digest(other) != content_digest(split)


OTHER = {
    "id": "a2", "type": "transfer", "symbol": "MSFT", "at": NOON + timedelta(microseconds=1),
    "quantity": Decimal(5), "price": Decimal("10.51"), "fee": Decimal("1.01"),
    "fee_currency": "BNB", "cash": Decimal(1), "currency": "EUR", "cost": Decimal(9),
    "ratio": TWO, "to": "B", "side": "short", "lot": "l2", "venue_id": "8", "deleveraged": True,
    "cancels": "a0", "realized_pnl": Decimal(4), "earliest_at": NOON,
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [item.name for item in fields(Activity) if item.name != "base_rate"]
)
def test_another_value_of_any_field_is_other_content(name):
    assert content_digest(replace(FILL, **{name: OTHER[name]})) != content_digest(FILL)


def test_an_execution_is_the_same_content_with_and_without_its_rate():
    assert content_digest(replace(FILL, base_rate=Decimal("1.1"))) == content_digest(FILL)


@pytest.mark.parametrize("name", ["fee", "fee_currency", "lot", "side", "venue_id"])
def test_not_reported_is_other_content_than_anything(name):
    bare = replace(FILL, **{name: None})
    assert content_digest(bare) != content_digest(FILL)
    if name == "fee":
        assert content_digest(bare) != content_digest(replace(FILL, fee=Decimal(0)))


def test_a_digest_is_short_and_lasting():
    assert content_digest(FILL) == content_digest(replace(FILL))
    assert len(content_digest(FILL)) == 32
