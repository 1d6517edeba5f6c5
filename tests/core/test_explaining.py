"""Who explains what: late activities, cancellations, bookings and what snapshots had shown."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from tieout.core.activity import Activity, ActivityId, Ratio
from tieout.core.explaining import common_part
from tieout.core.facts import Booked, Confirmed, CostSet, Fact, Happened, Observed, Withdrawn
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.movements import Method
from tieout.core.position import Ledger
from tieout.core.rollforward import fold
from tieout.core.working import Folded

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A = LedgerId("A")
AVERAGE = Method(cost_basis="average")


def at(hour: float) -> datetime:
    return NOON + timedelta(hours=hour)


def happened(name: str, hour: float, *, order: int, kind="fill", **given) -> Happened:
    values = {
        key: Decimal(value) if key in ("quantity", "price", "fee", "cash", "cost") else value
        for key, value in given.items()
    }
    activity = Activity(id=ActivityId(name), type=kind, symbol="A", at=at(hour), **values)
    return Happened(ledger=A, order=order, at=activity.at, activity=activity)


def fill(name: str, hour: float, quantity: str, price="100", *, order: int, **given) -> Happened:
    return happened(name, hour, order=order, quantity=quantity, price=price, **given)


def seen(hour: float, movement: str, *, order: int, price="100", **given) -> Observed:
    return Observed(
        ledger=A, order=order, at=at(hour), movement=Decimal(movement), price=Decimal(price),
        average=Decimal(price), **given,
    )  # fmt: skip


def split(name: str, hour: float, new: int, old: int, *, order: int) -> Happened:
    ratio = Ratio(new=Decimal(new), old=Decimal(old))
    return happened(name, hour, order=order, kind="split", ratio=ratio)


def folded(facts: Iterable[Fact], *, kind="stock") -> Folded:
    start = {A: Ledger(id=A, instrument=Instrument(symbol="A", asset_class=kind))}
    return fold(start, facts, method=AVERAGE)[A]


def gross(found: Folded) -> str:
    return found.totals.of("USD").gross.text()


# Late activities


def test_a_late_fill_takes_the_place_of_what_was_seen():
    """Seen 10 at noon at 100; the fill was at 90."""
    facts = [seen(1, "10", order=1), fill("f1", 0, "10", "90", order=2)]
    assert folded(facts[:1]).position.basis == "venue"
    found = folded(facts)
    assert found.quantity == 10
    assert found.position.basis == "actual"
    assert found.position.average_price(found.instrument) == 90
    assert found.position.opened_by == "f1"


def test_what_is_left_of_a_late_fill_moves_the_book():
    assert folded([seen(1, "4", order=1), fill("f1", 0, "10", order=2)]).quantity == 10
    assert folded([seen(1, "10", order=1), fill("f1", 0, "4", order=2)]).quantity == 10


def test_the_oldest_observation_is_explained_first():
    found = folded(
        [
            fill("f0", 0, "10", order=1),
            seen(2, "-3", order=2, price="110"),
            seen(3, "-3", order=3, price="120"),
            fill("f1", 1, "-3", "105", order=4),
        ]
    )
    assert [(closing.by, str(closing.price)) for _, closing in found.closings] == [
        ("f1", "105"),
        ("observed:3", "120"),
    ]


def test_only_what_came_after_the_observation_explains_it():
    known = [fill("f1", 0, "10", order=1), seen(1, "10", order=2)]
    assert folded(known).quantity == 20


def test_what_happened_after_the_observation_does_not_explain_it():
    assert folded([seen(1, "10", order=1), fill("f1", 2, "10", order=2)]).quantity == 20
    assert folded([seen(1, "10", order=1), fill("f1", 1, "10", order=2)]).quantity == 10


def test_the_opposite_direction_explains_nothing():
    assert folded([seen(1, "10", order=1), fill("f1", 0, "-4", order=2)]).quantity == 6


def test_what_was_refused_then_explains_once_it_counts():
    facts = [
        fill("f1", 0, "-4", order=1),
        seen(1, "-4", order=2, refused=(ActivityId("f1"),)),
    ]
    assert folded(facts).quantity == -4


def test_a_rounding_and_a_withdrawn_observation_are_explained_by_nothing():
    rounding = [
        fill("f0", 0, "10", order=1),
        seen(1, "0.5", order=2, is_rounding=True),
        fill("f1", 0.5, "0.5", order=3),
    ]
    assert folded(rounding).quantity == 11
    withdrawn = [
        seen(1, "10", order=1),
        Withdrawn(ledger=A, order=2, at=at(2), target=1),
        fill("f1", 0, "10", order=3),
    ]
    assert folded(withdrawn).quantity == 10
    assert folded(withdrawn[:2]).position is None


def test_a_late_fill_before_a_split_explains_in_units_of_after_it():
    facts = [
        fill("f1", 0, "10", order=1),
        split("s1", 2, 2, 1, order=2),
        seen(3, "10", order=3, price="50"),
        fill("f2", 1, "5", "100", order=4),
    ]
    assert folded(facts[:3]).quantity == 30
    found = folded(facts)
    assert found.quantity == 30
    assert found.position.basis == "actual"
    assert found.position.average_price(found.instrument) == 50


def test_a_split_that_is_announced_late_replaces_the_one_that_was_seen():
    ratio = Ratio(new=Decimal(4), old=Decimal(1))
    facts = [
        fill("f1", 0, "10", order=1),
        Observed(ledger=A, order=2, at=at(2), ratio=ratio),
        split("s1", 1, 4, 1, order=3),
    ]
    assert folded(facts[:2]).quantity == 40
    assert folded(facts).quantity == 40
    earlier = [*facts[:2], split("s1", 3, 4, 1, order=3)]
    assert folded(earlier).quantity == 160


def test_an_assumed_expiry_gives_way_to_how_the_option_ended():
    facts = [
        fill("f1", 0, "2", "5", order=1),
        seen(3, "-2", order=2, price="0", reason="expiry"),
        happened("x1", 4, order=3, kind="assignment", quantity="-2", price="0"),
    ]
    found = folded(facts, kind="option")
    assert [(episode.reason, episode.closed_by) for episode in found.ended] == [
        ("assignment", "x1")
    ]
    assert gross(found) == "-10"
    without_quantity = [*facts[:2], happened("x1", 4, order=3, kind="expiry")]
    assert [each.closed_by for each in folded(without_quantity, kind="option").ended] == ["x1"]


def test_what_is_known_by_its_day_explains_what_was_seen_on_it():
    fee = happened("e1", 9, order=3, kind="fee", quantity="-0.1", price="100", earliest_at=at(0))
    facts = [fill("f1", 0, "10", order=1), seen(1, "-0.1", order=2), fee]
    found = folded(facts)
    assert found.quantity == Decimal("9.9")
    assert [closing.by for _, closing in found.closings] == ["e1"]


def test_what_was_known_by_its_day_does_not_explain_what_it_did_not_miss():
    fee = happened("e1", 9, order=2, kind="fee", quantity="-0.1", price="100", earliest_at=at(0))
    facts = [fill("f1", 0, "10", order=1), fee, seen(1, "-0.1", order=3)]
    assert folded(facts).quantity == Decimal("9.8")


# Cancellations


def test_what_is_taken_back_never_was():
    facts = [fill("f1", 0, "10", order=1), fill("x1", 1, "-10", order=2, cancels="f1")]
    found = folded(facts)
    assert found.position is None
    assert found.ended == ()


def test_a_correction_takes_back_and_counts_itself():
    facts = [fill("f1", 0, "10", "100", order=1), fill("c1", 1, "8", "99", order=2, cancels="f1")]
    found = folded(facts)
    assert found.quantity == 8
    assert found.position.average_price(found.instrument) == 99


def test_a_correction_that_lacks_what_it_needs_takes_back_and_cannot_count():
    facts = [
        fill("f1", 0, "10", order=1),
        happened("x1", 1, order=2, quantity="-4", cancels="f1"),
    ]
    found = folded(facts)
    assert found.quantity == 0
    assert found.errors == (("x1", "a fill needs price"),)


def test_before_its_target_a_cancellation_waits():
    found = folded([fill("x1", 1, "-10", order=1, cancels="f1")])
    assert found.position is None
    assert found.waiting == ("x1",)


def test_what_was_taken_back_had_been_there_for_the_snapshots_in_between():
    """Bought, seen, busted: the fill arrives late, its cancellation later."""
    facts = [
        seen(1, "10", order=1),
        fill("f1", 0, "10", order=2),
        fill("x1", 2, "-10", order=3, cancels="f1"),
    ]
    assert folded(facts[:2]).quantity == 10
    assert folded(facts).quantity == 0
    seen_after = [seen(3, "10", order=1), *facts[1:]]
    assert folded(seen_after).quantity == 10


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_a_cancellation_can_be_taken_back_whatever_arrives_first(order):
    facts = [
        fill("f1", 0, "10", order=order[0]),
        fill("x1", 1, "-10", order=order[1], cancels="f1"),
        fill("y1", 2, "10", order=order[2], cancels="x1"),
    ]
    assert folded(facts).quantity == 10


# Bookings


def booked(hour: float, quantity: str, price="100", *, order: int, action="open", **given):
    return Booked(
        ledger=A, order=order, at=at(hour), action=action, quantity=Decimal(quantity),
        price=Decimal(price), **given,
    )  # fmt: skip


def test_a_fill_confirms_a_booking_and_never_adds_to_it():
    facts = [booked(0, "10", "100", order=1), fill("f1", 0.5, "10", "99", order=2)]
    assert folded(facts[:1]).position.status == "OPENING"
    found = folded(facts)
    assert found.quantity == 10
    assert found.position.basis == "actual"
    assert found.position.average_price(found.instrument) == 99
    assert found.booked == ()


def test_a_fill_beyond_the_booking_moves_the_rest():
    assert folded([booked(0, "10", order=1), fill("f1", 1, "12", order=2)]).quantity == 12
    assert folded([booked(0, "10", order=1), fill("f1", 1, "4", order=2)]).quantity == 10
    two = [booked(0, "10", order=1), fill("f1", 1, "4", order=2), fill("f2", 2, "8", order=3)]
    assert folded(two).quantity == 12


def test_a_fill_that_was_known_before_confirms_nothing():
    assert folded([fill("f1", 0, "10", order=1), booked(1, "10", order=2)]).quantity == 20


def test_a_fill_on_the_other_side_confirms_nothing():
    assert folded([booked(0, "10", order=1), fill("f1", 1, "-4", order=2)]).quantity == 6


def test_after_a_snapshot_agreed_a_fill_is_a_new_trade():
    facts = [
        booked(0, "10", order=1),
        Confirmed(ledger=A, order=2, at=at(1), booking=1),
    ]
    assert folded([*facts, fill("f1", 2, "10", order=3)]).quantity == 20
    assert folded([*facts, fill("f1", 0.5, "10", order=3)]).quantity == 10
    assert folded(facts).position.status == "OPEN"


def test_what_was_taken_back_confirms_no_booking():
    facts = [
        booked(0, "10", order=1),
        fill("f1", 1, "10", order=2),
        fill("x1", 2, "-10", order=3, cancels="f1"),
    ]
    assert folded(facts).quantity == 10


def test_where_nobody_confirms_a_booking_is_final():
    facts = [booked(0, "10", order=1, is_final=True), fill("f1", 1, "10", order=2)]
    assert folded(facts[:1]).position.status == "OPEN"
    assert folded(facts[:1]).booked == ()
    assert folded(facts).quantity == 20


def test_a_withdrawn_booking_never_was():
    facts = [booked(0, "10", order=1), Withdrawn(ledger=A, order=2, at=at(1), target=1)]
    assert folded(facts).position is None
    assert folded([*facts, fill("f1", 2, "10", order=3)]).quantity == 10


def test_an_unconfirmed_opening_ends_without_profit_or_loss():
    facts = [
        booked(0, "10", order=1),
        Withdrawn(ledger=A, order=2, at=at(1), target=1, ends_unconfirmed=True),
    ]
    found = folded(facts)
    assert found.position is None
    assert [(each.reason, each.totals.is_nothing) for each in found.ended] == [
        ("unconfirmed", True)
    ]


def test_a_booked_close_waits_and_a_fill_settles_its_price():
    facts = [
        fill("f1", 0, "10", "100", order=1),
        booked(1, "-10", "110", order=2, action="close"),
    ]
    waiting = folded(facts)
    assert (waiting.position.status, waiting.quantity) == ("CLOSING", 0)
    assert gross(waiting) == "100"
    settled = folded([*facts, fill("f2", 2, "-10", "111", order=3)])
    assert settled.position is None
    assert gross(settled) == "110"
    agreed = folded([*facts, Confirmed(ledger=A, order=3, at=at(2), booking=2)])
    assert agreed.position is None
    assert [(each.reason, each.closed_at) for each in agreed.ended] == [("local", at(1))]


# Costs that a person gives


def test_the_first_price_given_after_the_units_came_is_theirs():
    transfer = happened("t1", 0, order=1, kind="transfer", quantity="10")
    first = CostSet(ledger=A, order=2, at=at(1), price=Decimal(90))
    second = CostSet(ledger=A, order=3, at=at(2), price=Decimal(95))
    assert folded([transfer]).position.average_price(Instrument(symbol="A")) is None
    for facts in ([transfer, first], [transfer, first, second], [second, transfer, first]):
        assert folded(facts).position.average_price(Instrument(symbol="A")) == 90


def test_a_price_given_before_the_units_came_is_not_theirs():
    early = CostSet(ledger=A, order=1, at=at(1), price=Decimal(90))
    transfer = happened("t1", 2, order=2, kind="transfer", quantity="10")
    assert folded([early, transfer]).position.average_price(Instrument(symbol="A")) is None


@pytest.mark.parametrize(
    ("wanted", "offered", "part"),
    [
        ("-4", "-3", "-3"), ("-3", "-4", "-3"), ("4", "4", "4"), ("4", "-3", "0"), ("0", "3", "0"),
        ("3", "0", "0"), ("-1", "2", "0"),
    ],
)  # fmt: skip
def test_a_part_covers_at_most_what_is_wanted(wanted, offered, part):
    assert common_part(Decimal(wanted), Decimal(offered)) == Decimal(part)
