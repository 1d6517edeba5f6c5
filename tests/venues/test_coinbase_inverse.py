"""Inverse contracts at the gateway: held in dollars, settled in the coin, left out nowhere."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from tieout.core.errors import VenueRefused
from tieout.venues.coinbase.international import derivative, is_inverse
from tieout.venues.moments import milliseconds_of
from venues.coinbase import Bench
from venues.coinbase_gateway_lists import LOG, POSITIONS, TRADES
from venues.coinbase_market import INVERSE
from venues.coinbase_slots import A_DAY_S, SLOT, TEN_MINUTES_S, restart, row, trade

HOUR_MS = 3_600_000


@pytest.fixture
def bench():
    bench = Bench()
    bench.stub.trade("BTC-USD", "1")
    yield bench
    bench.close()


def held(desk) -> dict[str, str]:
    """The book by symbol, without what is flat."""
    rows = desk.book.ledgers.values()
    return {each.instrument.symbol: f"{each.quantity:f}" for each in rows if each.position}


def ledger(desk, symbol=INVERSE):
    (found,) = (each for each in desk.book.ledgers.values() if each.instrument.symbol == symbol)
    return found


# Names


@pytest.mark.parametrize(
    ("name", "kind", "coin", "expires"),
    [
        ("BTC-PERPETUAL", "perpetual", "BTC", None),
        ("ETH-PERPETUAL", "perpetual", "ETH", None),
        ("BTC-PERPETUAL@123456", "perpetual", "BTC", None),
        ("BTC-26DEC25", "future", "BTC", date(2025, 12, 26)),
        ("ETH-3JAN27", "future", "ETH", date(2027, 1, 3)),
    ],
)
def test_a_name_without_money_is_of_an_inverse_contract(name, kind, coin, expires):
    found = derivative(name)
    assert found is not None
    assert (found.asset_class, found.currency, found.settled_in) == (kind, coin, coin)
    assert (found.symbol, found.expires, found.multiplier) == (name, expires, 1)
    assert found.inverse
    assert is_inverse(name)


@pytest.mark.parametrize("name", ["BTC_USDC-PERPETUAL", "BTC_USDC-26DEC25", "BTC_USDC-PERPETUAL@7"])
def test_a_name_with_its_money_is_of_a_linear_one(name):
    found = derivative(name)
    assert found is not None
    assert (found.inverse, found.currency, is_inverse(name)) == (False, "USDC", False)


@pytest.mark.parametrize(
    "name",
    ["BTC-26DEC25-100000-C", "BTC-FS-26DEC25_PERP", "BTC-31FEB25", "BTC-26DEC25-CDE", "BTC-USD",
     "BTC", "-PERPETUAL"],
)  # fmt: skip
def test_all_else_is_no_contract_of_the_gateway(name):
    assert derivative(name) is None


# Positions


@pytest.mark.parametrize(("size", "direction"), [(-600, "sell"), (600, "buy")])
def test_dollars_are_held_and_not_what_they_are_worth_in_coins(bench, size, direction):
    """As Deribit documents it: `size` in dollars, `size_currency` in coins; both signed."""
    bench.stub.positions = [{
        "instrument_name": INVERSE, "kind": "future", "direction": direction, "size": size,
        "size_currency": size / 60000, "average_price": 50000.5, "mark_price": 60000,
        "floating_profit_loss": 0.002, "realized_profit_loss": 0, "leverage": 10,
    }]  # fmt: skip
    found = bench.read()
    (holding,) = (each for each in found.snapshot.holdings if each.symbol == INVERSE)
    assert (holding.quantity, holding.average_price) == (str(size), "50000.5")
    assert (holding.currency, holding.asset_class, holding.problem) == ("BTC", "perpetual", None)
    assert found.snapshot.complete


def test_a_size_in_dollars_that_is_not_told_is_not_taken_from_the_coins(bench):
    bench.stub.positions = [{"instrument_name": INVERSE, "direction": "buy", "size": None,
                             "size_currency": 0.01}]  # fmt: skip
    (holding,) = (each for each in bench.read().snapshot.holdings if each.symbol == INVERSE)
    assert holding.problem == "the size is None"


def test_an_empty_list_of_positions_is_not_believed_while_no_trade_closed_them(bench):
    trade(bench, None, 600, name=INVERSE)
    assert bench.tie_out().tied_out
    bench.stub.positions = []
    for _ in range(3):
        assert not bench.tie_out().tied_out
        assert held(bench)[INVERSE] == "600"


def refuses(bench, *currencies):
    bench.stub.refused = set(currencies)


def asked_in(bench, path=TRADES):
    """The currencies that were asked for on a path since `forget`."""
    return {each.body["params"]["currency"] for each in bench.stub.asked if each.path == path}


def test_a_gateway_that_has_no_such_currency_is_whole_without_it_and_says_so(bench):
    refuses(bench, "BTC", "ETH")
    trade(bench, None, 2)
    found = bench.read()
    assert found.snapshot.complete
    assert sum("trades settled in" in each for each in found.ignored) == 2
    assert bench.tie_out().tied_out
    bench.stub.forget()
    assert bench.tie_out().tied_out
    assert asked_in(bench) == {"USDC"}
    refuses(bench)
    bench.clock.advance(TEN_MINUTES_S)
    bench.stub.forget()
    assert bench.tie_out().tied_out
    assert asked_in(bench) == {"USDC", "BTC", "ETH"}


def test_what_was_traded_before_a_currency_was_told_of_is_read_from_the_beginning(bench):
    refuses(bench, "BTC")
    assert bench.tie_out().tied_out
    trade(bench, None, 600, name=INVERSE)
    bench.clock.advance(3600)
    trade(bench, None, 2)
    assert not bench.tie_out().tied_out  # it moved without a trade, so it is not believed
    assert INVERSE not in held(bench)
    refuses(bench)
    bench.clock.advance(TEN_MINUTES_S)
    assert bench.tie_out().tied_out
    found = ledger(bench)
    assert (found.quantity, found.position.basis) == (600, "actual")


def test_a_bookmark_of_before_these_were_booked_has_their_trades_read_from_the_beginning(bench):
    trade(bench, None, 600, name=INVERSE)
    bench.clock.advance(A_DAY_S)
    trade(bench, None, 2)
    before = msgspec.json.decode(bench.read().cursor)
    for name in ("currencies", "logged"):
        del before[name]
    before["seen"] = {}
    before["trades"] += 3_600_000
    before["held"] = {each: size for each, size in before["held"].items() if each != INVERSE}
    found = bench.read(cursor=msgspec.json.encode(before).decode())
    assert found.snapshot.complete
    assert {each.symbol for each in found.activities} >= {INVERSE}
    assert not any(each.problem for each in found.snapshot.holdings)


def test_a_currency_that_answered_once_has_to_be_readable(bench):
    trade(bench, None, 2)
    bench.tie_out()
    refuses(bench, "BTC")
    with pytest.raises(VenueRefused):
        bench.tie_out()


def test_a_coin_that_nobody_knew_of_is_asked_for_once_something_is_held_in_it(bench):
    bench.tie_out()
    trade(bench, None, 60, name="SOL-PERPETUAL")
    assert bench.tie_out().tied_out
    assert "SOL" in asked_in(bench)


def test_a_slot_is_asked_in_every_currency_of_the_login(bench):
    refuses(bench, "ETH")
    trade(bench, SLOT, 3)
    bench.tie_out()
    slots = [each for each in bench.stub.asked if each.path == TRADES]
    of_slot = [each for each in slots if each.body["params"].get("subaccount_id") == SLOT]
    assert {each.body["params"]["currency"] for each in of_slot} == {"USDC", "BTC"}


# Funding


def settled(bench, number, funding, *, name=INVERSE, currency="BTC"):
    at = milliseconds_of(bench.clock.now()) - HOUR_MS
    bench.stub.log.append({
        "id": number, "type": "settlement", "currency": currency, "timestamp": at, "user_id": 1000,
        "instrument_name": name, "interest_pl": funding, "change": 1,
    })  # fmt: skip


def test_funding_in_coin_is_booked_in_coin(bench):
    trade(bench, None, 600, name=INVERSE)
    settled(bench, 1, -0.00012)
    settled(bench, 2, -0.5, name="SOL_USDC-PERPETUAL", currency="USDC")
    found = bench.read()
    paid = {each.symbol: (each.cash, each.currency) for each in found.activities
            if each.type == "funding"}  # fmt: skip
    assert paid[INVERSE] == (Decimal("-0.00012"), "BTC")
    assert paid["SOL_USDC-PERPETUAL"] == (Decimal("-0.5"), "USDC")


def test_the_log_of_a_coin_is_only_asked_for_where_something_is_settled_in_it(bench):
    trade(bench, None, 2)
    bench.tie_out()
    assert asked_in(bench, LOG) == {"USDC"}
    trade(bench, None, 600, name=INVERSE)
    settled(bench, 1, -0.00012)
    bench.stub.log[0]["timestamp"] -= 48 * HOUR_MS  # from the beginning, so this is read
    bench.stub.forget()
    assert bench.tie_out().tied_out
    assert asked_in(bench, LOG) == {"USDC", "BTC"}
    bench.stub.forget()
    restart(bench)
    bench.tie_out()
    starts = {each.body["params"]["currency"]: each.body["params"]["start_timestamp"]
              for each in bench.stub.asked if each.path == LOG}  # fmt: skip
    assert starts["BTC"] > 0


def test_a_coin_without_a_log_does_not_cost_the_log_of_the_others(bench):
    trade(bench, None, 600, name=INVERSE)
    settled(bench, 2, -0.5, name="SOL_USDC-PERPETUAL", currency="USDC")
    refuses(bench, "BTC")
    found = bench.read()
    assert [each.cash for each in found.activities if each.type == "funding"] == [Decimal("-0.5")]
    assert any("funding in BTC" in each for each in found.ignored)


def test_a_log_of_a_coin_that_is_refused_after_it_was_told_is_read_on_from_where_it_was(bench):
    trade(bench, None, 600, name=INVERSE)
    bench.tie_out()
    bench.stub.refused_logs = {"BTC"}
    settled(bench, 1, -0.00012)
    bench.clock.advance(2 * A_DAY_S)
    settled(bench, 2, -0.5, name="SOL_USDC-PERPETUAL", currency="USDC")
    assert bench.tie_out().tied_out
    bench.stub.refused_logs = set()
    bench.clock.advance(TEN_MINUTES_S)
    assert bench.tie_out().tied_out
    assert ledger(bench).totals.of("BTC").funding == Decimal("-0.00012")


def test_a_moving_price_does_not_keep_the_readings_from_agreeing(bench):
    """Coins of an inverse contract go with the price, its dollars do not."""
    bench.tie_out()
    trade(bench, None, 600, name=INVERSE)
    bench.stub.forget()

    def moves(asked):
        if asked.path == POSITIONS:
            coins = 0.01 + len(bench.stub.asked) / 100_000
            bench.stub.positions = [row(600, INVERSE, size_currency=coins)]

    bench.stub.before = moves
    bench.clock.advance(-10)  # so fresh that all is read again
    assert bench.read(cursor=bench.cursor).snapshot.complete
