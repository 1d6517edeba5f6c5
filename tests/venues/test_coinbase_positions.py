"""What Coinbase holds, as holdings: coins, US futures and international derivatives."""

from datetime import date
from decimal import Decimal

import pytest

from tieout.core.errors import VenueRefused, VenueReplyInvalid, VenueUnavailable
from venues.coinbase import Bench, only
from venues.coinbase_gateway_lists import POSITIONS
from venues.coinbase_rows import NANO, future, rpc, rpc_error, spot, wallet
from venues.coinbase_stub import ACCOUNTS, FUTURES, PRODUCTS
from venues.stub import Said, said


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


def held(found):
    return {each.symbol: each.quantity for each in found.snapshot.holdings}


def perpetual(name="BTC_USDC-PERPETUAL", size="0.25", direction="buy", **fields):
    """A row of private/get_positions as text, since its numbers are JSON numbers."""
    row = {
        "instrument_name": f'"{name}"', "kind": '"future"', "direction": f'"{direction}"',
        "size": "16275.125", "size_currency": size,
        "average_price": "65000.123456789012345678", "mark_price": "65100.5",
        "leverage": "10", "estimated_liquidation_price": "null", **fields,
    }  # fmt: skip
    inner = ", ".join(f'"{key}": {value}' for key, value in row.items())
    return f"{{{inner}}}"


def positions(*rows):
    body = f'{{"jsonrpc": "2.0", "id": 1, "result": [{", ".join(rows)}]}}'
    return Said(body=body.encode())


def test_case_69_what_is_available_and_what_is_on_hold_are_both_held(bench):
    bench.stub.hold("BTC", "1.23456789", "0.00500000", cost="50000")
    assert only(bench.read()).quantity == "1.23956789"
    bench.tie_out()
    bench.stub.hold("BTC", "0.23456789", "1.00500000", cost="50000")
    plan = bench.tie_out()
    assert plan.tied_out
    assert plan.changes == ()


def test_case_70_the_cost_is_the_breakdowns_and_the_quantity_never(bench):
    bench.stub.wallets = [wallet("BTC", "1.23456789", "0.00500000")]
    bench.stub.spot = [spot("BTC", 1.2395678900000001, "61978.3945")]
    found = bench.read()
    assert found.snapshot.complete
    assert only(found).quantity == "1.23956789"
    assert only(found).average_price == "50000"


@pytest.mark.parametrize("cost", [None, "", "NaN", "0", "0.00"])
def test_case_70_a_cost_that_is_not_reported_is_not_0(bench, cost):
    bench.stub.hold("BTC", "1", cost=cost)
    assert only(bench.read()).average_price is None


def test_a_cost_in_other_money_is_no_cost_in_dollars(bench):
    bench.stub.hold("BTC", "1")
    bench.stub.spot = [spot("BTC", 1.0, None, cost_basis={"value": "9", "currency": "EUR"})]
    assert (only(bench.read()).average_price, only(bench.read()).price) == (None, None)


def test_money_is_no_position(bench):
    bench.stub.wallets = [
        wallet("USD", "10", kind="FIAT"), wallet("USDC", "5"), wallet("PLN", "7", kind="FIAT"),
        wallet("EUR", "1", kind="FIAT"), wallet("SOL", "2"),
    ]  # fmt: skip
    assert held(bench.read()) == {"SOL-USD": "2"}


def test_wallets_of_one_coin_are_added_up(bench):
    vault = {**wallet("BTC", "0.5"), "uuid": "another", "type": "ACCOUNT_TYPE_VAULT"}
    bench.stub.wallets = [wallet("BTC", "1.25"), vault]
    assert held(bench.read()) == {"BTC-USD": "1.75"}


@pytest.mark.parametrize("value", ["NaN", "", None, "one", "Infinity"])
def test_case_05_one_unreadable_row_fails_alone(bench, value):
    bench.stub.wallets = [wallet("BTC", "1"), wallet("SOL", value), wallet("ETH", "3")]
    rows = {each.symbol: each for each in bench.read().snapshot.holdings}
    assert (rows["BTC-USD"].quantity, rows["ETH-USD"].quantity) == ("1", "3")
    assert rows["SOL-USD"].problem
    assert rows["SOL-USD"].quantity is None


def test_a_row_without_a_currency_makes_the_snapshot_incomplete(bench):
    bench.stub.wallets = [wallet("BTC", "1")]
    rows = [wallet("BTC", "1"), {"uuid": "x"}, 7]
    page = {"accounts": rows, "has_next": False, "cursor": "", "size": 3}
    bench.stub.say(ACCOUNTS, said(page))
    found = bench.read()
    assert not found.snapshot.complete
    assert held(found) == {"BTC-USD": "1"}


def test_a_coin_that_only_the_breakdown_has_says_that_accounts_are_missing(bench):
    bench.stub.hold("BTC", "1")
    bench.stub.spot.append(spot("SOL", 20.0, "100"))
    found = bench.read()
    assert not found.snapshot.complete
    assert "has SOL, but the accounts do not" in found.snapshot.problems[0]


def test_nothing_is_left_of_a_coin_that_was_there_and_that_is_told(bench):
    bench.stub.hold("BTC", "1")
    cursor = bench.read().cursor
    bench.stub.hold("BTC", "0.0000000000000000")
    assert Decimal(held(bench.read(cursor=cursor))["BTC-USD"]) == 0
    assert held(bench.read()) == {}


def test_case_08_contracts_are_signed_and_have_the_size_that_is_told(bench):
    money = {"value": "51000.00", "currency": "USD"}
    bench.stub.futures = [future(NANO, "-3", "50000.00", avg_entry_price=money)]
    found = bench.read()
    row = only(found)
    assert (row.quantity, row.average_price, row.price) == ("-3", "51000.00", "50000.00")
    assert row.multiplier == "0.01"
    assert {each.symbol: each.multiplier for each in found.instruments} == {NANO: Decimal("0.01")}
    assert bench.tie_out().tied_out


def test_amounts_of_futures_may_be_plain_texts(bench):
    bench.stub.futures = [
        future(NANO, "2", "1", avg_entry_price="70980", current_price="71145", side="LONG")
    ]
    assert (only(bench.read()).average_price, only(bench.read()).price) == ("70980", "71145")


@pytest.mark.parametrize("expires", ["", "2030-12-20T16:00:00Z"])
def test_case_72_a_perpetual_with_an_expiry_in_2030_never_expires(bench, expires):
    bench.stub.futures = [future(NANO, "2", "1", expiration_time=expires)]
    (instrument,) = bench.read().instruments
    assert (instrument.asset_class, instrument.expires) == ("perpetual", None)


def test_case_59_a_dated_future_has_its_day(bench):
    dated = "BIT-26APR24-CDE"
    bench.stub.futures = [future(dated, "2", "1", expiration_time="2024-04-26T15:00:00Z")]
    (instrument,) = bench.read().instruments
    assert (instrument.asset_class, instrument.expires) == ("future", date(2024, 4, 26))
    assert instrument.multiplier == Decimal("0.01")


def test_case_58_a_contract_size_that_is_not_told_is_never_1(bench):
    bench.stub.products = {}
    bench.stub.futures = [future(NANO, "2", "1", contract_size="")]
    (instrument,) = bench.read().instruments
    assert instrument.multiplier is None


def test_two_contract_sizes_are_a_problem_of_the_row(bench):
    bench.stub.futures = [future(NANO, "2", "1", contract_size="0.1")]
    found = bench.read()
    assert "two contract sizes" in str(only(found).problem)
    assert found.instruments[0].multiplier is None


@pytest.mark.parametrize(
    "fields",
    [
        {"side": "SIDEWAYS"}, {"side": None}, {"number_of_contracts": "NaN"},
        {"number_of_contracts": None}, {"number_of_contracts": "-2"},
    ],
)  # fmt: skip
def test_a_future_whose_direction_or_size_is_not_clear_is_not_guessed(bench, fields):
    bench.stub.futures = [future(NANO, "2", "1", **fields)]
    assert only(bench.read()).problem


def test_a_size_of_a_contract_is_asked_for_once(bench):
    bench.stub.trade(NANO, "2")
    bench.clock.advance(60)
    cursor = bench.read().cursor
    bench.read(cursor=cursor)
    assert bench.stub.paths().count(f"{PRODUCTS}/{NANO}") == 1


def test_futures_that_the_breakdown_names_but_the_list_lacks_are_not_flat(bench):
    bench.stub.trade(NANO, "2")
    bench.tie_out()
    bench.stub.named_futures = [{"product_id": NANO}]
    bench.stub.futures = []
    bench.tie_out()
    plan = bench.tie_out()
    assert [each.kind for each in plan.changes] == []
    assert not plan.tied_out


@pytest.mark.parametrize("status", [403, 404, 410, 500])
def test_futures_that_were_there_once_have_to_be_read(bench, status):
    bench.stub.trade(NANO, "2")
    bench.clock.advance(60)
    cursor = bench.read().cursor
    bench.stub.say(FUTURES, Said(status=status))
    with pytest.raises(VenueUnavailable if status == 500 else VenueRefused):
        bench.read(cursor=cursor)


def test_futures_that_never_were_and_are_refused_are_not_there(bench):
    bench.stub.hold("BTC", "1")
    bench.stub.say(FUTURES, Said(status=403, body=b"no futures account"))
    found = bench.read()
    assert found.snapshot.complete
    assert any("futures are not read, there never were any" in each for each in found.ignored)


@pytest.mark.parametrize("body", [{}, {"positions": None}, [], None, {"positions": {}}])
def test_case_06_a_missing_key_is_not_an_empty_list(bench, body):
    bench.stub.trade(NANO, "2")
    bench.clock.advance(60)
    cursor = bench.read().cursor
    bench.stub.say(FUTURES, said(body))
    with pytest.raises(VenueReplyInvalid):
        bench.read(cursor=cursor)


def test_numbers_of_the_gateway_are_read_exactly(bench):
    bench.stub.say(POSITIONS, positions(perpetual(size="0.123456789012345678901")))
    found = bench.read()
    assert only(found).quantity == "0.123456789012345678901"
    assert only(found).average_price == "65000.123456789012345678"
    (instrument,) = found.instruments
    assert (instrument.asset_class, instrument.currency) == ("perpetual", "USDC")
    assert instrument.spellings == ("BTC-PERP-INTX",)


@pytest.mark.parametrize(
    ("size", "direction", "quantity"),
    [
        ("-0.5", "sell", "-0.5"), ("0.5", "sell", "-0.5"), ("1e-05", "buy", "0.00001"),
        ("0", "zero", "0"), ("0.0", "zero", "0.0"),
    ],
)  # fmt: skip
def test_a_direction_gives_the_sign(bench, size, direction, quantity):
    bench.stub.say(POSITIONS, positions(perpetual(size=size, direction=direction)))
    assert only(bench.read()).quantity == quantity


@pytest.mark.parametrize(
    ("size", "direction"),
    [("-1", "buy"), ("1", "zero"), ("1", "up"), ("null", "buy"), ('""', "buy")],
)
def test_a_direction_that_contradicts_its_size_is_not_guessed(bench, size, direction):
    bench.stub.say(POSITIONS, positions(perpetual(size=size, direction=direction)))
    assert only(bench.read()).problem


@pytest.mark.parametrize(
    "name", ["BTC-26DEC25-100000-C", "XRP_USDC-26DEC25-3d5-P", "BTC-FS-26DEC25_PERP", "BTC_USDC"]
)
def test_options_and_combinations_are_not_understood_and_say_so(bench, name):
    bench.stub.say(POSITIONS, positions(perpetual(name), perpetual()))
    rows = {each.symbol: each for each in bench.read().snapshot.holdings}
    assert rows[name].problem
    assert rows["BTC_USDC-PERPETUAL"].quantity == "0.25"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Said(status=410, body=b"Gone"), VenueRefused),
        (Said(status=404, body=b"not found"), VenueRefused),
        (Said(status=403), VenueRefused),
        (Said(body=b""), VenueReplyInvalid),
        (Said(body=b"{}"), VenueReplyInvalid),
        (Said(body=b"[]"), VenueReplyInvalid),
        (Said(body=b'{"result": NaN}'), VenueReplyInvalid),
        (rpc(None), VenueReplyInvalid),
        (rpc({"positions": []}), VenueReplyInvalid),
        (said({"jsonrpc": "2.0", "id": 0, "result": []}), VenueReplyInvalid),
        (said({"jsonrpc": "2.0", "result": []}), VenueReplyInvalid),
        (rpc_error(-32602, "Invalid params"), VenueRefused),
        (rpc_error(10028, "too_many_requests"), VenueUnavailable),
        (rpc_error(13028, "temporarily_unavailable"), VenueUnavailable),
        (Said(status=502, body=b"<html>Bad Gateway</html>"), VenueUnavailable),
        (Said(body=b'{"result": []}', cut=5), VenueReplyInvalid),
    ],
)
def test_perpetuals_that_cannot_be_read_are_never_flat(bench, reply, error):
    bench.stub.say(POSITIONS, positions(perpetual()))
    cursor = bench.read().cursor
    bench.stub.say(POSITIONS, reply)
    with pytest.raises(error):
        bench.read(cursor=cursor)


def test_the_retired_paths_are_never_asked(bench):
    bench.stub.say(POSITIONS, positions(perpetual()))
    bench.read()
    assert not [path for path in bench.stub.paths() if "/intx" in path]


def test_perpetuals_of_a_breakdown_need_a_gateway_that_can_be_read(bench):
    bench.stub.login.has_gateway = False
    bench.stub.named_perpetuals = [{"product_id": "BTC-PERP-INTX"}]
    found = bench.read()
    assert not found.snapshot.complete
    assert "the gateway for international derivatives could not be read" in str(
        found.snapshot.problems
    )


def test_a_login_without_international_derivatives_is_whole_without_them(bench):
    bench.stub.login.has_gateway = False
    bench.stub.hold("BTC", "1")
    found = bench.read()
    assert found.snapshot.complete
    assert any("perpetuals are not read, there never were any" in each for each in found.ignored)


def test_a_quiet_portfolio_of_coins_takes_three_calls(bench):
    bench.stub.login.has_gateway = False
    bench.stub.hold("BTC", "1")
    cursor = bench.read().cursor
    bench.clock.advance(30)
    bench.stub.forget()
    assert bench.read(cursor=cursor).snapshot.complete
    assert len(bench.stub.asked) == 3


def test_the_coins_of_a_perpetual_are_read_and_not_what_they_are_worth(bench):
    """As in Coinbase's guide to isolated positions: 10 SOL at 100 have a `size` of 1000."""
    row = {"instrument_name": "SOL_USDC-PERPETUAL", "direction": "buy", "kind": "future",
           "size": 1000.0, "size_currency": 10.0, "average_price": 100}  # fmt: skip
    bench.stub.positions = [row]
    (holding,) = bench.read().snapshot.holdings
    assert (holding.quantity, holding.problem) == ("10.0", None)
    bench.stub.positions = [{**row, "size_currency": None}]
    (holding,) = bench.read().snapshot.holdings
    assert holding.problem == "the size is None"
