"""What a reading by ccxt makes of an exchange: numbers, sizes, legs, pages and errors."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid
from venues import ccxt_recordings as lists
from venues.alpaca import FakeClock
from venues.ccxt_market import LOGIN, NOW, PRIVATE, KrakenFutures, read, stamp, venue_at
from venues.ccxt_recordings import bybit_execution as execution
from venues.ccxt_recordings import bybit_position, good
from venues.ccxt_stub import ExchangeStub

OWNER = "uid-0001"


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    yield stub
    stub.close()


@pytest.fixture
def market(stub) -> KrakenFutures:
    return KrakenFutures(stub)


def at_bybit(stub, **options):
    return read(venue_at(stub, "bybit", **options), account="7")


def at_linear(stub, *rows):
    """Rows among the positions that settle in USDT."""
    stub.say(
        "/v5/position/list",
        lambda query: good(list(rows) if query.get("settleCoin") == "USDT" else []),
    )


class TestNumbers:
    def test_a_json_number_keeps_all_its_digits(self, stub, market):
        body = (
            b'{"result": "success", "openPositions": [{"side": "long", "symbol": "PF_XBTUSD", '
            b'"size": 0.123456789012345678, "price": 27523.749993345933123}]}'
        )
        stub.say(f"{PRIVATE}/openpositions", body)
        (holding,) = read(venue_at(stub), account=OWNER).snapshot.holdings
        assert (holding.quantity, holding.average_price) == (
            "0.123456789012345678",
            "27523.749993345933123",
        )

    def test_the_same_reply_is_the_same_snapshot(self, stub, market):
        market.trade("BTC/USD:USD", "0.1", at=NOW - timedelta(hours=1))
        venue = venue_at(stub)
        first, second = read(venue, account=OWNER), read(venue, account=OWNER)
        assert first.snapshot == second.snapshot
        assert first.snapshot.holdings[0].quantity == "0.1"

    def test_an_empty_text_is_not_reported_and_not_zero(self, stub):
        lists.bybit(stub)
        at_linear(stub, bybit_position(avgPrice="", size="3", liqPrice="", leverage=""))
        (holding,) = at_bybit(stub).snapshot.holdings
        assert (holding.quantity, holding.average_price, holding.leverage) == ("3", None, None)

    def test_a_fee_that_ccxt_worked_out_is_not_one_that_was_told(self, stub, market):
        market.trade("BTC/USD:USD", "1", at=NOW - timedelta(hours=1))
        del market.fills[0]["fee_paid"]
        (fill,) = read(venue_at(stub), account=OWNER).activities
        assert fill.fee is None


class TestPositions:
    def test_two_legs_are_two_holdings(self, stub):
        lists.bybit(stub)
        at_linear(
            stub,
            bybit_position(size="0.003", avgPrice="37000", positionIdx=1),
            bybit_position(size="0.003", avgPrice="37416.5", positionIdx=2, side="Sell"),
        )
        rows = at_bybit(stub).snapshot.holdings
        assert [(row.side, row.quantity, row.average_price) for row in rows] == [
            ("long", "0.003", "37000"),
            ("short", "-0.003", "37416.5"),
        ]

    def test_an_empty_slot_reports_flat(self, stub):
        lists.bybit(stub)
        at_linear(stub, bybit_position(size="0", side="", avgPrice="0"))
        (holding,) = at_bybit(stub).snapshot.holdings
        assert (holding.quantity, holding.problem) == ("0", None)

    def test_contracts_come_with_the_size_of_one(self, stub):
        lists.okx(stub)
        row = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "mgnMode": "cross", "pos": "50",
               "posSide": "net", "avgPx": "23436.6", "markPx": "23536.6"}  # fmt: skip
        stub.say("/api/v5/account/positions", {"code": "0", "msg": "", "data": [row]})
        login = {**LOGIN, "password": "planted-password"}
        (holding,) = read(venue_at(stub, "okx", login=login), account="4433").snapshot.holdings
        assert (holding.quantity, holding.multiplier) == ("50", "0.01")
        assert (holding.average_price, holding.side) == ("23436.6", None)

    def test_a_contract_that_is_not_listed_is_a_problem_of_its_row(self, stub, market):
        rows = [{"side": "long", "symbol": "PF_NEWUSD", "size": 50, "price": 1}]
        stub.say(f"{PRIVATE}/openpositions", {"result": "success", "openPositions": rows})
        (holding,) = read(venue_at(stub), account=OWNER).snapshot.holdings
        assert "is not among the exchange's markets" in (holding.problem or "")

    def test_a_long_of_less_than_nothing_is_a_problem_of_its_row(self, stub, market):
        rows = [{"side": "long", "symbol": "PF_XBTUSD", "size": -2, "price": 1}]
        stub.say(f"{PRIVATE}/openpositions", {"result": "success", "openPositions": rows})
        (holding,) = read(venue_at(stub), account=OWNER).snapshot.holdings
        assert holding.problem == "BTC/USD:USD: -2 contracts, but the side is long"

    def test_every_settlement_coin_and_kind_is_asked_by_itself(self, stub):
        lists.bybit(stub)
        assert at_bybit(stub).snapshot.complete
        asked = {(each["category"], each.get("settleCoin")) for each in stub.calls("position/list")}
        assert asked == {("inverse", None), ("linear", "USDC"), ("linear", "USDT")}

    def test_a_full_page_of_positions_is_not_taken_for_all(self, stub):
        lists.bybit(stub)
        at_linear(stub, *[bybit_position()] * 200)
        found = at_bybit(stub)
        assert not found.snapshot.complete
        assert "a full page of 200, there may be more" in found.snapshot.problems[0]

    def test_what_is_left_out_by_the_settings_is_said(self, stub):
        lists.bybit(stub)
        found = at_bybit(stub, types=("spot",))
        assert stub.calls("position/list") == []
        assert "swap: not asked, as types does not name it" in found.ignored

    def test_an_exchange_without_a_call_for_positions_is_not_flat(self, stub):
        lists.bybit(stub)
        venue = venue_at(stub, "bybit")
        venue._exchange.has["fetchPositions"] = False
        found = read(venue, account="7")
        assert not found.snapshot.complete
        assert "ccxt cannot read the positions of swap" in found.snapshot.problems[0]
        findings = asyncio.run(venue.check())
        (unable,) = [each for each in findings if each.subject == "not reported"]
        assert "fetchPositions" in unable.message


class TestTrades:
    def test_many_pages_are_read_without_a_gap(self, stub, market):
        for number in range(257):
            at = NOW - timedelta(minutes=300 - number)
            market.trade("BTC/USD:USD", "1", at=at)
        found = read(venue_at(stub), account=OWNER)
        assert found.snapshot.complete
        assert len({each.id for each in found.activities}) == 257
        assert found.snapshot.holdings[0].quantity == "257.0"

    def test_a_page_of_one_millisecond_is_not_taken_for_all(self, stub, market):
        for _ in range(101):
            market.trade("BTC/USD:USD", "1", at=NOW - timedelta(minutes=5))
        found = read(venue_at(stub), account=OWNER)
        assert not found.snapshot.complete
        assert "a full page within one millisecond" in found.snapshot.problems[0]

    @pytest.mark.parametrize("is_newest_first", [True, False])
    def test_it_does_not_matter_which_end_an_exchange_begins_with(self, stub, is_newest_first):
        lists.bybit(stub)
        rows = [execution(number, at=NOW - timedelta(minutes=number)) for number in range(120)]

        def said(query):
            if (query["category"], query["execType"]) != ("linear", "Trade"):
                return good([])
            span = int(query["startTime"]), int(query["endTime"])
            found = [row for row in rows if span[0] <= int(row["execTime"]) <= span[1]]
            ordered = sorted(found, key=lambda row: row["execTime"], reverse=is_newest_first)
            return good(ordered[:50])

        stub.say("/v5/execution/list", said)
        found = at_bybit(stub)
        assert found.snapshot.complete
        assert len({each.id for each in found.activities}) == 120

    def test_a_trade_that_cannot_be_read_is_not_dropped_in_silence(self, stub, market):
        market.trade("BTC/USD:USD", "1", at=NOW - timedelta(hours=1))
        market.fills[0]["fillTime"] = "1 hour ago"
        found = read(venue_at(stub), account=OWNER)
        assert not found.snapshot.complete
        assert "trade fill-0: has no id, symbol or time" in found.snapshot.problems

    def test_contracts_that_ccxt_takes_for_coins_are_noticed(self, stub):
        lists.bybit(stub)
        row = execution(1, at=NOW - timedelta(hours=1), createType=...)
        del row["createType"]
        stub.say(
            "/v5/execution/list",
            lambda query: good(
                [row] if (query["category"], query["execType"]) == ("linear", "Trade") else []
            ),
        )
        found = at_bybit(stub)
        assert not found.snapshot.complete
        assert "BTC/USDT is among them" in found.snapshot.problems[0]

    def test_the_next_reading_goes_on_a_little_before(self, stub, market):
        market.trade("BTC/USD:USD", "1", at=NOW - timedelta(hours=1))
        venue = venue_at(stub)
        first = read(venue, account=OWNER)
        market.trade("BTC/USD:USD", "1", at=NOW - timedelta(minutes=2))  # listed late
        second = read(venue, account=OWNER, cursor=first.cursor)
        assert [each.at for each in second.activities] == [NOW - timedelta(minutes=2)]

    def test_a_trade_that_was_read_and_is_gone_is_somebody_elses_account(self, stub):
        lists.kraken(stub)
        trade = {"ordertxid": "O1", "pair": "XBTUSDT", "time": NOW.timestamp() - 60,
                 "type": "buy", "price": "1", "vol": "1", "cost": "1", "fee": "0"}  # fmt: skip
        listed = {"trades": {"T1": trade}, "count": 1}
        stub.say("/0/private/TradesHistory", {"error": [], "result": listed})
        venue = venue_at(stub, "kraken", currency="USDT")
        found = read(venue)
        stub.say("/0/private/TradesHistory", {"error": [], "result": {"trades": {}, "count": 0}})
        with pytest.raises(VenueRefused, match="account_mismatch: the trade T1"):
            read(venue, cursor=found.cursor)

    def test_a_trade_right_now_makes_the_positions_be_read_again(self, stub, market):
        market.trade("BTC/USD:USD", "1", at=NOW)
        clock = FakeClock(NOW)
        assert read(venue_at(stub, clock=clock), account=OWNER).snapshot.complete
        assert len(stub.calls("openpositions")) == 2

    def test_funding_among_the_executions_is_no_trade(self, stub):
        lists.bybit(stub)
        rows = [
            execution(1, at=NOW - timedelta(hours=1)),
            execution(2, at=NOW - timedelta(hours=1), execType="Funding", side="Sell"),
            execution(3, at=NOW - timedelta(minutes=9), execType="BustTrade", side="Sell"),
            execution(4, at=NOW - timedelta(minutes=8), execType="AdlTrade", side="Sell"),
        ]
        stub.say("/v5/execution/list", lambda query: good(rows if query["category"] == "linear"
                 and query["execType"] == "Trade" else []))  # fmt: skip
        found = at_bybit(stub)
        assert [(each.type, str(each.quantity), each.deleveraged) for each in found.activities] == [
            ("fill", "0.1", False), ("liquidation", "-0.1", False), ("liquidation", "-0.1", True),
        ]  # fmt: skip
        assert any("1 x a record of funding" in words for words in found.ignored)

    def test_liquidations_are_asked_for_by_name(self, stub):
        lists.bybit(stub)
        at_bybit(stub)
        asked = {(each["category"], each["execType"]) for each in stub.calls("execution/list")}
        assert {("linear", "BustTrade"), ("inverse", "AdlTrade"), ("spot", "Trade")} <= asked

    def test_funding_that_was_paid_is_told_once_an_hour(self, stub):
        lists.bybit(stub)
        paid = execution(9, at=NOW - timedelta(hours=1), execType="Funding", execFee="0.12",
                         feeRate="0.0001")  # fmt: skip

        def said(query):
            is_asked = (query["execType"], query["category"]) == ("Funding", "linear")
            return good([paid] if is_asked else [])

        stub.say("/v5/execution/list", said)
        clock = FakeClock(NOW)
        venue = venue_at(stub, "bybit", clock=clock)
        first = read(venue, account="7")
        (funding,) = first.activities
        assert (funding.type, funding.symbol, abs(funding.cash)) == (
            "funding", "BTC/USDT:USDT", Decimal("0.12"),
        )  # fmt: skip
        assert read(venue, account="7", cursor=first.cursor).activities == ()


class TestSpot:
    def trades(self, stub, *rows):
        lists.kraken(stub)
        trades = {
            f"T{number}": {
                "ordertxid": "O",
                "time": NOW.timestamp() - 600,
                "type": "buy",
                "cost": "0",
                **row,
            }
            for number, row in enumerate(rows)
        }
        result = {"trades": trades, "count": len(trades)}
        stub.say("/0/private/TradesHistory", {"error": [], "result": result})

    def test_a_coin_is_what_is_free_and_what_is_used(self, stub):
        lists.kraken(stub)
        rows = {"XXBT": {"balance": "1.23956789", "hold_trade": "0.005"},
                "ZUSD": {"balance": "200000.00", "hold_trade": "0"}}  # fmt: skip
        stub.say("/0/private/BalanceEx", {"error": [], "result": rows})
        found = read(venue_at(stub, "kraken"))
        (holding,) = found.snapshot.holdings
        assert (holding.symbol, holding.quantity) == ("BTC", "1.23956789")
        assert "USD: cash of 200000.00, which is no position" in found.ignored

    def test_a_coin_that_was_paid_in_another_currency_has_no_cost_but_its_units_count(self, stub):
        self.trades(stub, {"pair": "XBTUSDT", "vol": "0.5", "price": "29500", "fee": "1"})
        (moved,) = read(venue_at(stub, "kraken", currency="USD")).activities
        assert (moved.type, moved.symbol, moved.quantity) == ("transfer", "BTC", Decimal("0.5"))


class TestMarginAtKraken:
    """ccxt asks for one row a market, in a list; without that Kraken tells an object of trades."""

    def at_kraken(self, stub, result):
        lists.kraken(stub)
        stub.say("/0/private/OpenPositions", {"error": [], "result": result})
        return venue_at(stub, "kraken")

    @pytest.mark.parametrize("nothing", [[], {}])
    def test_no_position_is_flat_in_either_form(self, stub, nothing):
        found = read(self.at_kraken(stub, nothing)).snapshot
        assert (found.complete, found.holdings) == (True, ())

    def test_an_object_of_positions_is_read_row_by_row(self, stub):
        row = {"pair": "XXBTZUSD", "type": "buy", "vol": "0.5", "cost": "1", "margin": "1"}
        (holding,) = read(self.at_kraken(stub, {"TXID-1": row})).snapshot.holdings
        assert "a margin position of 0.5" in (holding.problem or "")

    @pytest.mark.parametrize("result", [None, ""])
    def test_what_is_neither_is_not_flat(self, stub, result):
        with pytest.raises(VenueReplyInvalid):
            read(self.at_kraken(stub, result))


class TestFailures:
    @pytest.mark.parametrize(("reply", "kind"), [
        ({"error": ["EAPI:Invalid key"]}, "refused"),
        ({"error": ["EGeneral:Permission denied"]}, "refused"),
        ({"error": ["EAPI:Rate limit exceeded"]}, "unavailable"),
        ({"error": ["EService:Unavailable"]}, "unavailable"),
        ({"message": "maintenance"}, "reply_invalid"),
        ({"error": [], "result": None}, "reply_invalid"),
    ])  # fmt: skip
    def test_an_error_in_a_good_status_is_told_by_ccxts_tree(self, stub, reply, kind):
        lists.kraken(stub)
        stub.say("/0/private/OpenPositions", reply)
        with pytest.raises(VenueError) as caught:
            read(venue_at(stub, "kraken"))
        assert caught.value.kind == kind
        assert caught.value.advice

    def test_a_403_is_for_good_although_ccxt_calls_it_not_available(self, stub, market):
        stub.is_revoked, stub.refusal = True, (403, {"result": "error"})
        with pytest.raises(VenueRefused) as caught:
            read(venue_at(stub), account=OWNER)
        assert caught.value.status == 403
        assert len(stub.asked) == 1

    def test_the_signature_of_a_request_is_not_shown(self, stub):
        login = {"apiKey": "planted-key-0123456789", "secret": "planted-secret-0123456789"}
        with pytest.raises(VenueError) as caught:
            read(venue_at(stub, "binance", login=login))
        assert "signature" not in str(caught.value)

    def test_nothing_that_writes_leaves_this_machine(self, stub, market):
        venue = venue_at(stub)
        venue._exchange.load_markets()
        before = len(stub.asked)
        with pytest.raises(AssertionError):
            venue._exchange.create_order("BTC/USD:USD", "limit", "buy", 1, 100)
        with pytest.raises(AssertionError):
            venue._exchange.cancel_order("1", "BTC/USD:USD")
        assert len(stub.asked) == before


class TestCalls:
    def test_the_calls_of_a_quiet_sync_are_three(self, stub, market):
        clock = FakeClock(NOW)
        venue = venue_at(stub, clock=clock)
        cursor = read(venue, account=OWNER).cursor
        clock.at += timedelta(minutes=5)
        stub.asked.clear()
        assert read(venue, account=OWNER, cursor=cursor).snapshot.complete
        assert len(stub.asked) == 3

    def test_a_time_is_written_as_kraken_has_it(self):
        assert stamp(NOW) == "2026-11-20T15:00:00.000Z"


def test_a_page_that_fails_is_no_end_of_the_list(stub, market):
    for number in range(150):
        market.trade("BTC/USD:USD", "1", at=NOW - timedelta(minutes=300 - number))
    pages = []

    def fails_later(query):
        pages.append(query)
        return market._fills(query) if len(pages) == 1 else {"result": "error"}

    stub.say(f"{PRIVATE}/fills", fails_later)
    with pytest.raises(VenueError):
        read(venue_at(stub), account=OWNER)
    assert len(pages) > 1
