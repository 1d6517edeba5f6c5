"""Funding of perpetuals, from the gateway's log."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from tieout.core.errors import VenueError
from tieout.venues.moments import milliseconds_of
from venues.coinbase import NOW, PATIENT, Bench
from venues.coinbase_gateway_lists import LOG
from venues.coinbase_rows import Row, rpc, rpc_error
from venues.stub import Said

PERPETUAL = "BTC_USDC-PERPETUAL"
HOUR_MS = 3_600_000


def position(size: float = 0.5) -> Row:
    return {
        "instrument_name": PERPETUAL, "kind": "future", "direction": "buy", "size": size,
        "average_price": 60000, "mark_price": 60000,
    }  # fmt: skip


def booked(number: int, funding: float | str | None, *, hours_ago: int = 0, **row: object) -> Row:
    """A settlement, which pays profits too: its change is more than its funding."""
    shown = {} if funding is None else {"interest_pl": funding}
    return {
        "id": number, "user_id": 7, "user_seq": number, "type": "settlement", "currency": "USDC",
        "timestamp": milliseconds_of(NOW) - hours_ago * HOUR_MS, "instrument_name": PERPETUAL,
        "change": 215.706, "cashflow": 215.706, "balance": 300372.27, **shown, **row,
    }  # fmt: skip


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    bench.stub.positions = [position()]
    bench.stub.trades = [{
        "trade_id": "1", "instrument_name": PERPETUAL, "direction": "buy", "amount": 0.5,
        "price": 60000, "fee": 0, "fee_currency": "USDC",
        "timestamp": milliseconds_of(NOW) - 9 * HOUR_MS,
    }]  # fmt: skip
    yield bench
    bench.close()


def funding_of(bench: Bench) -> Decimal:
    """The line of funding in the book."""
    return sum(
        (row.totals.of("USDC").funding for row in bench.book.ledgers.values()), start=Decimal(0)
    )


def paid(bench: Bench, cursor: str | None = None) -> list[tuple[str, Decimal | None, str | None]]:
    found = bench.read(cursor=cursor).activities
    return [(each.symbol, each.cash, each.currency) for each in found if each.type == "funding"]


def test_of_a_settlement_only_its_funding_is_booked(bench):
    bench.stub.log = [booked(1, -0.993)]
    assert paid(bench) == [(PERPETUAL, Decimal("-0.993"), "USDC")]


def test_a_trade_carries_what_had_accrued_until_then(bench):
    bench.stub.log = [booked(1, 0.25, type="trade"), booked(2, 0, type="trade")]
    assert paid(bench) == [(PERPETUAL, Decimal("0.25"), "USDC")]


def test_every_digit_of_a_payment_is_kept(bench):
    text = json.dumps(booked(1, "@")).replace('"@"', "-0.12345678901234567891")
    body = f'{{"jsonrpc": "2.0", "id": 1, "result": {{"logs": [{text}], "continuation": null}}}}'
    bench.stub.say(LOG, Said(body=body.encode()))
    assert paid(bench) == [(PERPETUAL, Decimal("-0.12345678901234567891"), "USDC")]


def test_rows_about_money_are_no_funding(bench):
    kinds = ("transfer", "deposit", "correction")
    bench.stub.log = [
        booked(number, None, type=kind, instrument_name=None) for number, kind in enumerate(kinds)
    ]
    found = bench.read()
    assert [each for each in found.activities if each.type == "funding"] == []
    assert found.snapshot.complete
    assert not any("funding" in each for each in found.ignored)


@pytest.mark.parametrize("funding", [None, ""])
def test_a_settlement_that_does_not_say_what_is_funding_is_not_guessed_at(bench, funding):
    bench.stub.log = [booked(1, funding), booked(2, funding)]
    found = bench.read()
    assert found.snapshot.complete
    assert any(f"2 settlements of {PERPETUAL} that do not say" in each for each in found.ignored)


def test_a_payment_is_counted_once_over_overlaps_and_restarts(bench):
    bench.stub.log = [booked(1, -1.5, hours_ago=3)]
    bench.tie_out()
    bench.stub.log.append(booked(2, -0.25))
    for _ in range(2):
        bench.tie_out()
        assert funding_of(bench) == Decimal("-1.75")
    bench.venue = bench.another()
    bench.cursor = None
    assert bench.tie_out().tied_out
    assert funding_of(bench) == Decimal("-1.75")


def test_a_payment_that_is_listed_late_is_found(bench):
    bench.stub.log = [booked(2, -0.25)]
    bench.tie_out()
    bench.stub.log.append(booked(1, -0.5, timestamp=milliseconds_of(NOW) - HOUR_MS // 2))
    bench.tie_out()
    assert funding_of(bench) == Decimal("-0.75")


def test_the_log_is_read_from_an_hour_before_its_last_row(bench):
    bench.stub.log = [booked(1, -1, hours_ago=3), booked(2, -1, hours_ago=1)]
    bench.tie_out()
    bench.stub.forget()
    bench.tie_out()
    (asked,) = [each for each in bench.stub.asked if each.path == LOG]
    assert asked.body["params"]["start_timestamp"] == milliseconds_of(NOW) - 2 * HOUR_MS


def test_a_log_of_many_pages_is_read_to_its_end(bench):
    bench.stub.page_rows_max = 2
    bench.stub.log = [booked(number, -1, hours_ago=number) for number in range(1, 6)]
    bench.tie_out()
    assert funding_of(bench) == -5
    assert sum(each.path == LOG for each in bench.stub.asked) == 3


def test_a_log_that_is_too_long_says_from_when_on_it_was_read(bench):
    bench.venue = bench.another(limits=replace(PATIENT, pages_max=2))
    bench.stub.page_rows_max = 2
    bench.stub.log = [booked(number, -1, hours_ago=number) for number in range(1, 6)]
    found = bench.read()
    assert any("funding before 2026-11-20T11:20:00+00:00" in each for each in found.ignored)
    assert len(paid(bench)) == 4


def test_a_page_that_leads_round_in_a_circle_is_an_error(bench):
    bench.stub.say(LOG, rpc({"logs": [booked(1, -1)], "continuation": 5}))
    with pytest.raises(VenueError, match="pages do not come to an end"):
        bench.read()


@pytest.mark.parametrize(
    "result", [[], {}, {"logs": []}, {"logs": None, "continuation": None}, None]
)
def test_what_is_no_page_of_a_log_is_never_taken_for_an_empty_one(bench, result):
    bench.stub.say(LOG, rpc(result))
    with pytest.raises(VenueError, match="a page of the log"):
        bench.read()


@pytest.mark.parametrize("refusal", [rpc_error(-32601, "Method not found"),
                                     rpc_error(13403, "forbidden"),
                                     Said(status=404)])  # fmt: skip
def test_a_gateway_without_a_log_does_not_report_funding_and_that_is_said(bench, refusal):
    bench.stub.say(LOG, refusal)
    for _ in range(2):
        found = bench.read()
        assert found.snapshot.complete
        assert any("funding of perpetuals, which" in each for each in found.ignored)
    assert sum(each.path == LOG for each in bench.stub.asked) == 1
    bench.stub.heal()
    bench.stub.log = [booked(1, -2)]
    bench.clock.advance(601)
    assert paid(bench) == [(PERPETUAL, Decimal(-2), "USDC")]


def test_the_log_of_somebody_else_is_refused(bench):
    bench.stub.log = [booked(1, -2)]
    cursor = bench.read().cursor
    bench.stub.log = [booked(5, -40, user_id=8)]
    with pytest.raises(VenueError, match="account_mismatch: asked for the log of user 7"):
        bench.read(cursor=cursor)


def test_a_row_that_cannot_be_read_is_said_and_read_again(bench):
    bench.stub.log = [booked(1, "NaN", hours_ago=5), booked(2, -1)]
    bench.clock.advance(30)
    found = bench.read()
    assert any("cannot be read: 'NaN'" in each for each in found.snapshot.problems)
    bench.stub.log[0]["interest_pl"] = -0.5
    assert [cash for _, cash, _ in paid(bench, found.cursor)] == [-1, Decimal("-0.5")]


def test_a_row_without_a_time_makes_the_reading_incomplete(bench):
    bench.stub.say(LOG, rpc({"logs": [{"id": 1}], "continuation": None}))
    found = bench.read()
    assert found.snapshot.problems == (
        "a row of the log is an object without an id, a currency or a time",
    )


def test_funding_of_what_is_not_understood_is_said_and_not_booked(bench):
    bench.stub.log = [booked(1, -0.001, instrument_name="BTC-26DEC25-100000-C")]
    found = bench.read()
    assert any("funding of BTC-26DEC25-100000-C" in each for each in found.ignored)
    assert [each for each in found.activities if each.type == "funding"] == []


def test_who_never_had_a_derivative_is_not_asked_for_a_log(bench):
    bench.stub.positions, bench.stub.trades = [], []
    bench.tie_out()
    bench.tie_out()
    assert LOG not in bench.stub.paths()
