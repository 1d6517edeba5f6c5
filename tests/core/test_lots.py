"""What a position is made of, and which units a closing takes; figures worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.core.lots import (
    Lot,
    UnknownLot,
    by_ratio,
    in_order,
    opened,
    pooled,
    scaled,
    taken,
    tidy,
    total_base_cost,
    total_cost,
    total_fees,
    total_quantity,
)
from tieout.core.numbers import NOTHING, Amount, divide, money, subtract

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def lot(name: str, quantity: str, cost: str | None, fees: str = "0") -> Lot:
    return Lot(
        id=name,
        quantity=Decimal(quantity),
        cost=None if cost is None else money(Decimal(cost)),
        fees=money(Decimal(fees)),
        at=NOON,
    )


A = lot("a", "10", "1000", "1")  # @ 100
B = lot("b", "5", "600", "2")  # @ 120
C = lot("c", "5", "450", "4")  # @ 90
LONG = (A, B, C)
SHORT = (lot("s", "-10", "-1000", "1"), lot("t", "-5", "-600", "2"), lot("u", "-5", "-450", "4"))


def said(lots) -> list[tuple[str, str, str | None, str]]:
    """Lots as texts."""
    return [
        (
            each.id,
            str(each.quantity),
            None if each.cost is None else each.cost.text(),
            each.fees.text(),
        )
        for each in lots
    ]


# Sums


def test_totals_are_the_sums_of_the_lots():
    assert total_quantity(LONG) == 20
    assert total_cost(LONG) == Amount(Decimal(2050))
    assert total_fees(LONG) == Amount(Decimal(7))
    assert total_quantity(()) == 0
    assert total_cost(()) == NOTHING
    assert total_fees(()) == NOTHING


def test_one_lot_of_unknown_cost_makes_the_total_unknown():
    assert total_cost((A, lot("x", "1", None))) is None
    assert total_cost((lot("x", "1", None), A)) is None
    assert total_fees((A, lot("x", "1", None, "3"))) == Amount(Decimal(4))


# Coming in


def test_under_average_there_is_one_pool_that_keeps_the_first_name():
    later = replace(B, at=datetime(2026, 11, 21, tzinfo=UTC))
    assert said(opened((A,), later, basis="average")) == [("a", "15", "1600", "3")]
    assert opened((A,), later, basis="average")[0].at == NOON
    assert opened((), A, basis="average") == (A,)


@pytest.mark.parametrize("basis", ["fifo", "lifo", "hifo", "specific"])
def test_otherwise_what_comes_in_is_a_lot_of_its_own(basis):
    assert opened((A,), B, basis=basis) == (A, B)
    assert opened((), B, basis=basis) == (B,)


def test_a_pool_with_a_unit_of_unknown_cost_has_no_cost():
    unknown = lot("x", "1", None, "3")
    assert said(opened((A,), unknown, basis="average")) == [("a", "11", None, "4")]
    assert said(opened((unknown,), A, basis="average")) == [("x", "11", None, "4")]


def test_pooling_joins_all_lots():
    assert said(pooled(LONG)) == [("a", "20", "2050", "7")]
    assert pooled((B,)) == (B,)
    assert pooled(()) == ()
    assert said(pooled((A, lot("x", "1", None)))) == [("a", "11", None, "1")]


# Going out


def out(lots, quantity, basis, **options):
    found = taken(lots, Decimal(quantity), basis=basis, **options)
    cost = None if found.cost is None else found.cost.text()
    return cost, found.fees.text(), said(found.lots)


def test_average_takes_pro_rata():
    assert out((A,), "4", "average") == ("400", "0.4", [("a", "6", "600", "0.6")])


def test_fifo_takes_the_oldest_first():
    assert out(LONG, "12", "fifo") == (
        "1240",
        "1.8",
        [("b", "3", "360", "1.2"), ("c", "5", "450", "4")],
    )


def test_lifo_takes_the_newest_first():
    assert out(LONG, "7", "lifo") == (
        "690",
        "4.8",
        [("a", "10", "1000", "1"), ("b", "3", "360", "1.2")],
    )


def test_hifo_takes_the_dearest_of_a_long_first():
    assert out(LONG, "6", "hifo") == (
        "700",
        "2.1",
        [("a", "9", "900", "0.9"), ("c", "5", "450", "4")],
    )


def test_hifo_takes_the_cheapest_sale_of_a_short_first():
    assert out(SHORT, "-6", "hifo") == (
        "-550",
        "4.1",
        [("s", "-9", "-900", "0.9"), ("t", "-5", "-600", "2")],
    )


def test_hifo_takes_the_oldest_of_equals():
    first, second = lot("1", "2", "200"), lot("2", "3", "300")
    assert [each.id for each in in_order((first, second), basis="hifo")] == ["1", "2"]
    assert [each.id for each in in_order((second, first), basis="hifo")] == ["2", "1"]


def test_hifo_takes_what_has_no_known_cost_last():
    unknown = lot("x", "1", None)
    assert [each.id for each in in_order((unknown, C, A), basis="hifo")] == ["a", "c", "x"]
    shorts = (lot("x", "-1", None), *SHORT)
    assert [each.id for each in in_order(shorts, basis="hifo")] == ["u", "s", "t", "x"]


def test_hifo_of_inverse_contracts_is_the_other_way_round():
    """Their cost is in the coin, and falls as the price rises: 2 units at 50, 2 at 100."""
    cheap, dear = lot("cheap", "2", "0.04"), lot("dear", "2", "0.02")
    long = in_order((cheap, dear), basis="hifo", inverse=True)
    assert [each.id for each in long] == ["dear", "cheap"]
    short = (lot("cheap", "-2", "-0.04"), lot("dear", "-2", "-0.02"))
    assert [each.id for each in in_order(short, basis="hifo", inverse=True)] == ["cheap", "dear"]
    assert out((cheap, dear), "2", "hifo", inverse=True)[2] == [("cheap", "2", "0.04", "0")]


def test_specific_takes_the_named_lot_only():
    assert out(LONG, "4", "specific", lot="b") == (
        "480",
        "1.6",
        [("a", "10", "1000", "1"), ("b", "1", "120", "0.4"), ("c", "5", "450", "4")],
    )
    assert out((B,), "5", "specific", lot="b") == ("600", "2", [])


@pytest.mark.parametrize(("quantity", "name"), [("6", "b"), ("1", "nobody"), ("20", "a")])
def test_specific_refuses_a_lot_that_is_not_there_or_too_small(quantity, name):
    with pytest.raises(UnknownLot) as refused:
        taken(LONG, Decimal(quantity), basis="specific", lot=name)
    assert str(refused.value) == name


def test_specific_without_a_name_takes_the_oldest_first():
    assert out(LONG, "11", "specific") == (
        "1120",
        "1.4",
        [("b", "4", "480", "1.6"), ("c", "5", "450", "4")],
    )


def test_more_than_there_is_is_refused_without_a_name():
    with pytest.raises(UnknownLot) as refused:
        taken(LONG, Decimal(21), basis="fifo")
    assert str(refused.value) == ""


@pytest.mark.parametrize("basis", ["average", "fifo", "lifo", "hifo", "specific"])
def test_taking_everything_takes_every_cost_and_fee(basis):
    assert out(LONG, "20", basis) == ("2050", "7", [])
    assert out(SHORT, "-20", basis) == ("-2050", "7", [])


def test_a_name_counts_under_specific_only():
    assert out(LONG, "20", "fifo", lot="b") == ("2050", "7", [])
    assert out(LONG, "5", "fifo", lot="b")[2][0] == ("a", "5", "500", "0.5")


def test_units_of_unknown_cost_make_what_they_realize_unknown():
    lots = (A, lot("x", "2", None, "1"), B)
    assert out(lots, "10", "fifo")[0] == "1000"
    assert out(lots, "11", "fifo") == (
        None,
        "1.5",
        [("x", "1", None, "0.5"), ("b", "5", "600", "2")],
    )
    assert out(lots, "13", "fifo")[0] is None
    assert out(lots, "17", "average")[0] is None


def test_the_last_disposal_takes_exactly_what_is_left():
    lots = (lot("a", "3", "100.00", "1.00"),)
    third = divide(Decimal(100), Decimal(3))
    first = taken(lots, Decimal(1), basis="average")
    assert first.cost == Amount(Decimal(0), third)
    second = taken(first.lots, Decimal(1), basis="average")
    last = taken(second.lots, Decimal(1), basis="average")
    total = first.cost.plus(second.cost).plus(last.cost)
    assert total == Amount(Decimal("100.00"))
    assert first.fees.plus(second.fees).plus(last.fees) == Amount(Decimal("1.00"))
    assert last.lots == ()


def test_two_lots_of_the_same_content_are_both_there():
    twin = lot("a", "1", "10")
    assert out((twin, twin), "1", "fifo") == ("10", "0", [("a", "1", "10", "0")])
    assert out((twin, twin), "1", "lifo") == ("10", "0", [("a", "1", "10", "0")])


# Splits


def test_a_split_keeps_cost_and_fees():
    assert said(scaled((A, B), new=Decimal(4), old=Decimal(1))) == [
        ("a", "40", "1000", "1"),
        ("b", "20", "600", "2"),
    ]
    assert said(scaled((A, B), new=Decimal(1), old=Decimal(10))) == [
        ("a", "1", "1000", "1"),
        ("b", "0.5", "600", "2"),
    ]


def test_the_last_lot_takes_what_rounding_left_of_the_whole():
    lots = tuple(lot(name, "1", "10") for name in "abcdefg")
    after = scaled(lots, new=Decimal(1), old=Decimal(3))
    assert total_quantity(after) == divide(Decimal(7), Decimal(3))
    assert {each.quantity for each in after[:-1]} == {divide(Decimal(1), Decimal(3))}


def test_whole_ratios_keep_every_digit():
    long = Decimal("1234567890123456789012345678901234567890.123456789012345678")
    assert by_ratio(long, new=Decimal(3), old=Decimal(1)) == Decimal(
        "3703703670370370367037037036703703703670.370370367037037034"
    )
    assert by_ratio(Decimal(10), new=Decimal(3), old=Decimal(4)) == Decimal("7.5")
    assert by_ratio(Decimal(1), new=Decimal(1), old=Decimal(3)) == divide(Decimal(1), Decimal(3))


def test_zeros_behind_a_quantity_go_and_nothing_else():
    kept = lot("a", "2", "10", fees="1")
    (after,) = tidy((replace(kept, quantity=Decimal("2.00")),))
    assert str(after.quantity) == "2"
    assert after == kept


# Base currency


def valued(name: str, quantity: str, base_cost: str | None) -> Lot:
    base = None if base_cost is None else money(Decimal(base_cost))
    return replace(lot(name, quantity, "1000"), base_cost=base)


X, Y, UNVALUED = valued("x", "10", "1100"), valued("y", "5", "700"), valued("z", "5", None)


def base_text(amount: Amount | None) -> str | None:
    return None if amount is None else amount.text()


@pytest.mark.parametrize(
    ("lots", "total"), [((), "0"), ((X,), "1100"), ((X, Y), "1800"), ((X, UNVALUED, Y), None)]
)
def test_the_base_cost_of_all_is_known_only_where_that_of_each_is(lots, total):
    assert base_text(total_base_cost(lots)) == total
    assert base_text(taken(lots, total_quantity(lots), basis="fifo").base_cost) == total
    if lots:
        (pool,) = pooled(lots)
        assert base_text(pool.base_cost) == total


@pytest.mark.parametrize(
    ("pool", "more", "total"),
    [(X, Y, "1800"), (X, UNVALUED, None), (UNVALUED, Y, None), (UNVALUED, UNVALUED, None)],
)
def test_a_pool_has_a_base_cost_only_where_both_parts_have_one(pool, more, total):
    (found,) = opened((pool,), more, basis="average")
    assert base_text(found.base_cost) == total


def test_a_part_takes_its_share_of_the_base_cost_and_leaves_the_rest():
    gone = taken((X, Y), Decimal(12), basis="fifo")
    assert base_text(gone.base_cost) == "1380"  # 1100 and two fifths of 700
    assert [base_text(each.base_cost) for each in gone.lots] == ["420"]


@pytest.mark.parametrize(("first", "second"), [(X, UNVALUED), (UNVALUED, X)])
def test_a_part_of_which_some_has_no_base_cost_has_none(first, second):
    gone = taken((first, second), subtract(total_quantity((first, second)), Decimal(1)),
                 basis="fifo")  # fmt: skip
    assert gone.base_cost is None
    left = "110" if second is X else None
    assert [base_text(each.base_cost) for each in gone.lots] == [left]


def test_thirds_of_a_base_cost_add_up_to_all_of_it():
    lots, total = (valued("x", "3", "100"),), NOTHING
    for _ in range(3):
        gone = taken(lots, Decimal(1), basis="fifo")
        assert gone.base_cost is not None
        total, lots = total.plus(gone.base_cost), gone.lots
    assert total.text() == "100"


def test_a_split_keeps_the_base_cost():
    assert [base_text(each.base_cost) for each in scaled((X, Y), new=Decimal(2), old=Decimal(1))] \
        == ["1100", "700"]  # fmt: skip
