"""From the simulated gateway, through the real ib_async, to a book that is tied out."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tieout.core.errors import VenueRefused
from tieout.simulators.ibkr import Dialect
from tieout.simulators.ibkr_market import fills_of
from tieout.testing.venue import VenueSuite, assert_clean, failure, read
from tieout.venues.ibkr.limits import DEFAULT
from venues.ibkr_market import CALL, Desk, GatewayStage, gateway_stage, kinds, venue_at


@pytest.fixture
def stage() -> Iterator[GatewayStage]:
    yield from gateway_stage()


@pytest.fixture
def desk(stage) -> Desk:
    return Desk(stage)


class TestGateway(VenueSuite):
    """Every promise of the port; two are worded for HTTP, and are told here in TWS's words."""

    @pytest.fixture
    def stage(self) -> Iterator[GatewayStage]:
        yield from gateway_stage()

    def test_the_raw_replies_are_kept_without_secrets(self, stage) -> None:
        stage.trade(stage.long, "10")
        found = read(stage)
        assert {each.status for each in found.evidence} == {None}
        assert all(each.body for each in found.evidence if each.call != "commission reports")
        assert_clean(stage, f"{found!r} {stage.venue!r}")

    def test_a_login_that_is_refused_says_so(self, stage) -> None:
        stage.revoke()
        error = failure(stage)
        assert isinstance(error, VenueRefused)
        assert error.status == 326


def trade(symbol, quantity, *, account="U1"):
    return lambda market: market.trade(account, symbol, quantity)


def test_a_day_of_trading_ties_out_with_what_it_realized(desk):
    assert desk.after().tied_out
    for symbol, quantity, kind in [
        ("ESU6", "2", "created"), ("ESU6", "-1", "reduced"), ("ESU6", "-3", "flipped"),
        ("AAPL", "-100", "created"), ("AAPL", "-50", "increased"), ("AAPL", "150", "closed"),
        (CALL, "3", "created"), (CALL, "-3", "closed"),
    ]:  # fmt: skip
        plan = desk.after(trade(symbol, quantity))
        assert [each.kind for each in plan.changes] == [kind], symbol
        assert (plan.tied_out, plan.breaks, plan.errors) == (True, (), ()), symbol
    assert desk.holds == {"ESU6": "-2"}


def test_an_account_with_positions_from_before_is_taken_over(desk):
    desk.stage.market.trade("U1", "AAPL", "100")
    desk.stage.market.trade("U1", "ESU6", "-2")
    desk.stage.clock.advance(86_400 * 3)  # the gateway does not tell these executions any more
    assert desk.after().tied_out
    assert desk.holds == {"AAPL": "100", "ESU6": "-2"}
    assert kinds(desk.after(trade("AAPL", "-40"))) == [("reduced", "AAPL")]
    assert desk.after().tied_out


def test_currency_trades_are_no_positions(desk):
    plan = desk.after(trade("EUR.USD", "20000"))
    assert (plan.tied_out, desk.holds) == (True, {})


def test_a_correction_takes_the_place_of_the_fill(desk):
    desk.after()
    assert desk.after(trade("AAPL", "10")).tied_out
    (fill,) = fills_of(desk.stage.market.account("U1"))
    plan = desk.after(lambda market: market.correct_fill("U1", fill.id, price="189"))
    assert (plan.tied_out, plan.errors) == (True, ())
    (ledger,) = [each for each in desk.book.ledgers.values() if each.position]
    assert ledger.position.average_price(ledger.instrument) == 189


def test_a_new_ticker_is_the_same_position(desk):
    desk.after(trade("AAPL", "10"))
    plan = desk.after(lambda market: market.rename("AAPL", "APPL"), days=1)
    assert (kinds(plan), plan.tied_out) == ([("renamed", "APPL")], True)


def test_two_accounts_with_one_contract_stay_apart(stage):
    one, two = Desk(stage), Desk(stage, account="U2")
    stage.market.trade("U1", "AAPL", "100")
    stage.market.trade("U2", "AAPL", "-40")
    assert one.after().tied_out
    assert two.after().tied_out
    assert two.after(trade("AAPL", "40", account="U2")).tied_out
    assert one.after().tied_out
    assert (one.holds, two.holds) == ({"AAPL": "100"}, {})


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(times="utc"), Dialect(time_zone="America/Chicago"), Dialect(chunk_bytes=3),
        Dialect(lists_closed=False), Dialect(commissions="after the end"),
        Dialect(has_placeholders=True), Dialect(corrections="last"), Dialect(execution_days=7),
        Dialect(server_version=173), Dialect(server_version=157), Dialect(is_read_only=True),
        Dialect(pushes_executions=False),
    ],
    ids=repr,
)  # fmt: skip
def test_gateways_differ_and_the_book_does_not(dialect):
    for stage in gateway_stage(replace(dialect, messages_per_second=None)):
        desk = Desk(stage)
        assert desk.after().tied_out
        assert desk.after(trade("AAPL", "10")).tied_out
        assert desk.after(trade("AAPL", "-4")).tied_out
        plan = desk.after(trade("AAPL", "-6"))
        assert (plan.tied_out, plan.breaks, desk.holds) == (True, (), {})


def test_rows_of_models_are_right_or_refused(stage):
    desk, market = Desk(stage), stage.market
    market.trade("U1", "AAPL", "10")
    market.trade("U1", "TSLA", "5")
    market.set_apart("U1", "AAPL", "4", model="Growth")
    assert desk.after().tied_out
    assert desk.holds == {"AAPL": "10", "TSLA": "5"}
    stage.gateway.dialect.model_rows = "apart"
    plan = desk.after()
    assert plan.outcome == "partial"
    assert desk.holds == {"AAPL": "10", "TSLA": "5"}
    (error,) = plan.errors
    assert (error.symbol, "as with model portfolios" in error.message) == ("AAPL", True)


def test_a_portfolio_that_never_ends_holds_nothing_up(desk):
    desk.stage.market.link_account("U1")
    assert desk.after(trade("AAPL", "10")).tied_out
    assert desk.after(trade("AAPL", "-4")).tied_out


def test_a_lost_link_changes_nothing_and_nothing_is_missed(desk):
    desk.after(trade("AAPL", "10"))
    desk.after(lambda market: market.lose_link(lets_fills_through=True))
    assert (desk.error is not None, desk.holds) == (True, {"AAPL": "10"})
    assert desk.error.status == 1100
    desk.stage.market.trade("U1", "ESU6", "60")
    desk.after()
    assert desk.error is not None
    desk.stage.market.restore_link(keeps_data=False)
    plan = desk.after()
    while desk.error is not None:  # until the notice has been heard
        plan = desk.after()
    assert (plan.tied_out, kinds(plan)) == (True, [("created", "ESU6")])


def test_a_nightly_reset_changes_nothing(desk):
    desk.after(trade("AAPL", "10"))
    for _ in range(3):
        plan = desk.after(lambda market: market.begin_reset())
        assert (plan.outcome, desk.holds) == ("failed", {"AAPL": "10"})
    assert desk.error.advice
    desk.stage.market.end_reset()
    assert desk.after().tied_out


def test_fifty_accounts_with_5000_positions_stay_within_the_messages_allowed():
    for stage in gateway_stage(Dialect()):  # strict: 50 messages in any second
        market = stage.market
        for number in range(1, 101):
            market.list_asset(f"S{number:03d}", price="10")
        names = [f"A{number:02d}" for number in range(1, 51)]
        for name in names:
            market.open_account(name, cash="1000000")
            for number in range(1, 101):
                market.trade(name, f"S{number:03d}", str(number))
        market.manage(names)
        stage.clock.advance(86_400 * 2)
        venue = venue_at(stage.gateway, stage.clock, limits=DEFAULT, client_id=8)
        accounts = [market.account(name).number for name in names]

        async def all_of_them(venue=venue, accounts=accounts):
            return await asyncio.gather(*(venue.read(each, cursor=None) for each in accounts))

        found = asyncio.run(all_of_them())
        asyncio.run(venue.aclose())
        assert sum(len(each.snapshot.holdings) for each in found) == 5000
        assert all(each.snapshot.complete for each in found)
        assert {each.status for each in stage.gateway.calls} <= {200, None}
