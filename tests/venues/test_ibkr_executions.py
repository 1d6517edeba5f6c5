"""Executions as activities: commissions, corrections, times, and what does not count."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from venues.ibkr import AAPL, ES, NOW, one, read
from venues.tws import commission, contract, execution

NAME = "0000e0d5.6576fd38.01.01"
CORRECTED = "0000e0d5.6576fd38.01.02"
FRESH_AT = "20261120-14:59:59"


def fill(tws, name=NAME, quantity="100", price="10.00", *, report="1.00", listed=AAPL, **more):
    reported = None if report is None else commission(name, report)
    tws.fill(execution(name, listed, quantity, price, **more), reported)


def test_a_fill_has_what_the_wire_says(tws, gateway):
    tws.fill(
        execution(NAME, ES, "-2", "6302.25", at="20261120 09:30:00 US/Eastern"),
        commission(NAME, "4.50", realized="1234.56789012345678"),
    )
    found = one(read(gateway))
    assert (found.id, found.type, found.symbol) == (NAME, "fill", "ESZ6")
    assert (found.quantity, found.price) == (Decimal(-2), Decimal("6302.25"))
    assert (found.fee, found.fee_currency) == (Decimal("4.50"), "USD")
    assert found.realized_pnl == Decimal("1234.56789012345678")
    assert found.at.isoformat() == "2026-11-20T14:30:00+00:00"
    assert found.venue_id == "495512563"


def test_what_opens_has_no_realized_figure(tws, gateway):
    fill(tws)
    assert one(read(gateway)).realized_pnl is None


def test_a_liquidation_by_ibkr_is_one(tws, gateway):
    fill(tws, liquidation="1")
    assert one(read(gateway)).type == "liquidation"


def test_a_correction_takes_the_place_of_what_it_corrects(tws, gateway):
    fill(tws, NAME, price="10.00")
    fill(tws, CORRECTED, price="10.05")
    first, second = read(gateway).activities
    assert (first.id, first.cancels) == (NAME, None)
    assert (second.id, second.cancels, second.price) == (CORRECTED, NAME, Decimal("10.05"))


def test_a_correction_cancels_what_was_told_before_even_where_only_it_comes(tws, gateway):
    fill(tws, NAME, price="10.00")
    before = read(gateway)
    tws.executions.clear()
    tws.drop()
    fill(tws, CORRECTED, price="10.05")
    after = one(read(gateway, cursor=before.cursor))
    assert (after.id, after.cancels) == (CORRECTED, NAME)


def test_a_correction_of_what_was_never_told_counts_by_itself(tws, gateway):
    fill(tws, CORRECTED, price="10.05")
    before = read(gateway)
    assert one(before).cancels is None
    fill(tws, NAME, price="10.00")
    again = one(read(gateway, cursor=before.cursor))
    assert (again.id, again.cancels) == (CORRECTED, None)


def test_the_tenth_version_comes_after_the_ninth(tws, gateway):
    stem = NAME.removesuffix("01")
    for version in ("9", "10"):
        fill(tws, f"{stem}{version}")
    assert [each.id for each in read(gateway).activities] == [f"{stem}9", f"{stem}10"]


def test_the_cursor_forgets_what_cannot_come_again(tws, gateway):
    old = json.dumps({"days": {"2026-11-01": ["old.01"], "2026-11-19": ["new.01"]}})
    cursor = json.loads(read(gateway, cursor=old).cursor)
    assert cursor == {"days": {"2026-11-19": ["new.01"]}}


def test_a_cursor_that_cannot_be_read_does_no_harm(tws, gateway):
    fill(tws)
    assert one(read(gateway, cursor="not json")).id == NAME


@pytest.mark.parametrize("report", [None, "-1.0", "-1", ""])
def test_a_fresh_fill_waits_for_its_commission(tws, gateway, report):
    fill(tws, report=report, at=FRESH_AT)
    tws.hold(AAPL, "100", "10.01")
    found = read(gateway)
    assert found.activities == ()
    assert not found.snapshot.complete
    assert found.snapshot.problems == (f"execution {NAME} of AAPL has no commission report yet",)


def test_a_commission_that_comes_late_is_waited_for(tws, gateway):
    fill(tws, report=None, at=FRESH_AT)

    def late(client):
        tws._answer_7(client, tws.asked[-1])
        client.send(*commission(NAME, "-1.0"))
        client.send(*commission(NAME, "0.35"))

    tws.say_instead("7", late)
    found = read(gateway)
    assert found.snapshot.complete
    assert one(found).fee == Decimal("0.35")


def test_a_rebate_is_kept(tws, gateway):
    fill(tws, report="-0.25")
    assert one(read(gateway)).fee == Decimal("-0.25")


def test_a_commission_that_never_comes_is_said_and_holds_nothing_up(tws, gateway):
    fill(tws, report=None, at="20261120-13:00:00")
    found = read(gateway)
    assert found.snapshot.complete
    assert found.activities == ()
    assert "left to a Flex statement" in found.ignored[0]


@pytest.mark.parametrize("kind", ["CASH", "BAG"])
def test_currency_trades_and_spreads_are_no_fills(tws, gateway, kind):
    fill(tws, listed=contract("EUR", kind=kind, local_symbol="EUR.USD"))
    found = read(gateway)
    assert (found.activities, found.snapshot.complete) == ((), True)
    assert found.ignored


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (execution(NAME, AAPL, "1", "10", at="20261120 10:00:00"), "no zone that is known"),
        (execution(NAME, AAPL, "1", "10", at="20261120-15:20:00"), "is in the future"),
        (execution(NAME, AAPL, "1", ""), "quantity or price is not told"),
        (execution(NAME, AAPL, "0", "10"), "quantity or price is not told"),
        (execution(NAME, AAPL, "1", "10")[:-1], "fields, not 32"),
    ],
)
def test_an_execution_that_cannot_be_read_makes_the_reading_incomplete(tws, gateway, row, words):
    tws.fill(row, commission(NAME))
    found = read(gateway)
    assert not found.snapshot.complete
    assert words in " ".join(found.snapshot.problems)
    assert found.activities == ()


def test_an_execution_of_unknown_size_is_told_for_the_book_to_ask_for_it(tws, gateway):
    tws.fill(execution(NAME, contract("ES", kind="FUT"), "1", "10"), commission(NAME))
    found = read(gateway)
    assert (found.snapshot.complete, one(found).quantity) == (True, 1)
    assert [each.multiplier for each in found.instruments] == [None]


def test_an_execution_of_a_model_is_one_of_its_account(tws, gateway):
    fill(tws, model="Growth")
    assert one(read(gateway)).quantity == Decimal(100)


def test_a_fresh_fill_makes_the_positions_be_read_again_after_a_moment(tws, gateway):
    fill(tws, at=f"{NOW - timedelta(seconds=2):%Y%m%d-%H:%M:%S}")
    tws.hold(AAPL, "100", "10.01")
    assert read(gateway).snapshot.complete
    assert gateway._sleep.__self__.slept == [0.5]


def test_a_snapshot_is_not_older_than_an_execution_that_was_told_before_it(tws, gateway):
    fill(tws, at=f"{NOW + timedelta(seconds=40):%Y%m%d-%H:%M:%S}")  # our clock is behind
    found = read(gateway)
    assert found.snapshot.as_of == one(found).at == NOW + timedelta(seconds=40)
