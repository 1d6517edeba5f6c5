"""From Hyperliquid's wire to a book that is tied out: what the simulated market can do."""

import pytest

from tieout.core.numbers import exact, normal, plain
from tieout.core.plan import Change, Plan
from venues.hyperliquid_market import Happening, HyperliquidDesk


def trade(coin: str, quantity: str, **how: object) -> Happening:
    return lambda market: market.trade("main", coin, quantity, **how)


def nothing(_: object) -> None:
    """Time goes by."""


def kinds(plan: Plan) -> list[tuple[str, str]]:
    return [(change.kind, change.symbol) for change in plan.changes]


def realized(plan: Plan) -> list[tuple[str, str | None]]:
    """Gross realized P&L of every closing."""
    return [
        (change.symbol, closing.gross and plain(normal(closing.gross.value)))
        for change in plan.changes
        for closing in change.closings
    ]


def figures(change: Change) -> tuple[str, str]:
    """Gross and fees in USD."""
    found = change.realized.of("USD")
    return plain(normal(found.gross.value)), plain(normal(found.fees.value))


def is_clean(plan: Plan) -> bool:
    return plan.tied_out and not plan.breaks and not plan.errors


TRADES: dict[str, tuple[list[Happening], list[tuple[str, str]], dict[str, str]]] = {
    "a long": ([trade("BTC", "1")], [("created", "BTC")], {"BTC": "1"}),
    "a short": ([trade("BTC", "-1")], [("created", "BTC")], {"BTC": "-1"}),
    "more of it": (
        [trade("BTC", "1"), trade("BTC", "1", price="62000")],
        [("increased", "BTC")],
        {"BTC": "2"},
    ),
    "less of it": (
        [trade("BTC", "1"), trade("BTC", "-0.25", price="62000")],
        [("reduced", "BTC")],
        {"BTC": "0.75"},
    ),
    "none of it": (
        [trade("BTC", "-1"), trade("BTC", "1", price="62000")],
        [("closed", "BTC")],
        {},
    ),
    "the other side": (
        [trade("ETH", "-12"), trade("ETH", "20", parts=["5", "9"])],
        [("flipped", "ETH")],
        {"ETH": "8"},
    ),
    "one of a builder": (
        [trade("BTC", "1"), trade("xyz:TSLA", "3")],
        [("created", "xyz:TSLA")],
        {"BTC": "1", "xyz:TSLA": "3"},
    ),
    "a token": ([trade("@107", "8")], [("created", "HYPE/USDC")], {"HYPE/USDC": "7.9944"}),
}


@pytest.mark.parametrize("name", TRADES)
def test_trades_tie_out_by_themselves(hl_desk, name):
    *before, last = TRADES[name][0]
    hl_desk.after(lambda market: market.move_class("main", "-100000"))
    hl_desk.after(lambda market: market.move_to_dex("main", "xyz", "10000"))
    for happening in before:
        assert is_clean(hl_desk.after(happening))
    plan = hl_desk.after(last)
    assert is_clean(plan)
    assert kinds(plan) == TRADES[name][1]
    assert hl_desk.held() == TRADES[name][2]
    again = hl_desk.after(nothing)
    assert (again.changes, is_clean(again)) == ((), True)


def test_every_part_of_a_close_is_realized_at_its_own_price(hl_desk):
    """The venue's own figure is beside ours: the same here, as the average has no more digits."""
    hl_desk.after(trade("BTC", "1", price="60000"))
    first = hl_desk.after(trade("BTC", "-0.25", price="61000"))
    second = hl_desk.after(trade("BTC", "-0.5", price="59000"))
    last = hl_desk.after(trade("BTC", "-0.25", price="60400"))
    assert [realized(each) for each in (first, second, last)] == [
        [("BTC", "250")], [("BTC", "-500")], [("BTC", "100")],
    ]  # fmt: skip
    fills = hl_desk.stage.market.account("main").fills
    assert [each.closed_pnl for each in fills] == [0, 250, -500, 100]
    assert hl_desk.held() == {}


def test_the_figure_of_the_venue_is_kept_beside_ours_where_its_average_is_cut(hl_desk):
    """It reckons from 60000.3, cut to one decimal of the price; ours is the exact 60000.33..."""
    hl_desk.after(trade("BTC", "2", price="60000"))
    hl_desk.after(trade("BTC", "1", price="60001"))
    plan = hl_desk.after(trade("BTC", "-3", price="60002"))
    assert realized(plan) == [("BTC", "5")]
    (activity,) = hl_desk.found.activities[-1:]
    assert activity.realized_pnl == exact("5.1")
    assert is_clean(plan)


def test_the_venues_cut_average_is_no_break(hl_desk):
    hl_desk.after(trade("BTC", "2", price="60000"))
    assert is_clean(hl_desk.after(trade("BTC", "1", price="60001")))
    assert is_clean(hl_desk.after(nothing))


def test_a_trade_with_oneself_changes_nothing(hl_desk):
    hl_desk.after(trade("ETH", "5"))
    plan = hl_desk.after(lambda market: market.self_trade("main", "ETH", "2"))
    assert is_clean(plan)
    assert hl_desk.held() == {"ETH": "5"}


def test_the_same_coin_on_two_dexes_is_two_positions_in_two_moneys(hl_desk):
    """Edge case 20."""

    def open_both(market):
        market.move_to_dex("main", "xyz", "10000")
        market.transfer_spot("main", "USDH", "5000")
        market.move_to_dex("main", "flx", "5000")
        market.trade("main", "xyz:TSLA", "3")
        market.trade("main", "flx:TSLA", "-1")

    assert is_clean(hl_desk.after(open_both))
    assert hl_desk.held() == {"xyz:TSLA": "3", "flx:TSLA": "-1"}
    listed = {
        row.instrument.symbol: row.instrument.currency for row in hl_desk.book.ledgers.values()
    }
    assert listed == {"xyz:TSLA": "USD", "flx:TSLA": "USDH"}
    plan = hl_desk.after(trade("flx:TSLA", "1", price="400"))
    assert [closing.currency for each in plan.changes for closing in each.closings] == ["USDH"]


def test_a_liquidation_in_parts_ends_as_liquidated(hl_desk):
    """Edge cases 64 and 65."""
    hl_desk.after(trade("BTC", "10", price="100000"))
    part = hl_desk.after(
        lambda market: market.liquidate(
            "main", "BTC", quantity="2", price="90000", counterparty="other"
        )
    )
    assert kinds(part) == [("reduced", "BTC")]
    assert realized(part) == [("BTC", "-20000")]
    (ledger,) = hl_desk.book.ledgers.values()
    assert ledger.position.status == "REDUCED"
    whole = hl_desk.after(lambda market: market.liquidate("main", "BTC", price="89000"))
    assert kinds(whole) == [("closed", "BTC")]
    assert realized(whole) == [("BTC", "-88000")]
    assert [each.status for _, each in whole.ended] == ["LIQUIDATED"]
    assert is_clean(whole)


def test_the_counterparty_of_a_liquidation_just_traded(hl_stage):
    desk = HyperliquidDesk(hl_stage, account="other")
    hl_stage.venue._user = desk.account
    hl_stage.market.trade("main", "BTC", "10")
    plan = desk.after(lambda market: market.liquidate("main", "BTC", counterparty="other"))
    assert kinds(plan) == [("created", "BTC")]
    assert [each.type for each in desk.found.activities] == ["fill"]


def test_a_backstop_takes_the_margin_too(hl_desk):
    """Edge case 66."""

    def lose(market):
        market.set_leverage("main", "DOGE", 10, is_isolated=True)
        market.trade("main", "DOGE", "5000", price="0.2")

    hl_desk.after(lose)
    plan = hl_desk.after(
        lambda market: (
            market.set_price("DOGE", "0.19"),
            market.liquidate("main", "DOGE", price="0.182", method="backstop"),
        )
    )
    (closed, loss) = plan.changes
    assert (closed.kind, closed.status) == ("closed", "LIQUIDATED")
    assert figures(closed) == ("-90", "0.45")
    assert figures(loss) == ("0", "10")  # of the 100 of margin, what the fill did not lose
    (activity,) = [each for each in hl_desk.found.activities if each.type == "fee"]
    assert activity.id.startswith("liquidation_loss/")
    assert is_clean(plan)


def test_deleveraging_is_told_as_such(hl_desk):
    hl_desk.after(trade("BTC", "-2"))
    hl_desk.stage.market.trade("other", "BTC", "2")
    plan = hl_desk.after(lambda market: market.deleverage("main", "BTC", against="other"))
    assert [(each.type, each.deleveraged) for each in hl_desk.found.activities[-1:]] == [
        ("liquidation", True)
    ]
    assert kinds(plan) == [("closed", "BTC")]
    assert is_clean(plan)


def test_funding_is_its_own_line(hl_desk):
    """Edge case 28: the net result is gross, less fees, with funding."""
    hl_desk.after(trade("BTC", "1", price="60000"))
    hl_desk.stage.clock.advance(3600)
    plan = hl_desk.after(lambda market: market.pay_funding("BTC", "0.0001"), seconds=300)
    assert is_clean(plan)
    assert [(each.type, each.cash) for each in hl_desk.found.activities if each.cash] == [
        ("funding", exact("-6.0"))
    ]


def test_spot_is_bought_sold_and_its_dust_converted(hl_desk):
    hl_desk.after(lambda market: market.move_class("main", "-50000"))
    assert is_clean(hl_desk.after(trade("@107", "200")))
    (held,) = [row.quantity for row in hl_desk.book.ledgers.values()]
    assert is_clean(hl_desk.after(trade("@107", "-199.8")))
    assert held > exact("199.8")
    plan = hl_desk.after(lambda market: market.convert_dust("main", "HYPE"))
    assert kinds(plan) == [("closed", "HYPE/USDC")]
    assert is_clean(plan)


def test_tokens_that_come_have_no_cost_until_somebody_says_it(hl_desk):
    """Edge case 43."""
    hl_desk.after(lambda market: market.move_class("main", "-50000"))
    hl_desk.after(trade("@107", "10", price="25"))
    plan = hl_desk.after(lambda market: market.transfer_spot("main", "HYPE", "5"))
    assert is_clean(plan)
    (ledger,) = hl_desk.book.ledgers.values()
    assert ledger.quantity > 14
    assert [(each.type, each.cost) for each in hl_desk.found.activities[-1:]] == [
        ("transfer", None)
    ]


def test_a_perpetual_that_is_delisted_is_settled(hl_desk):
    hl_desk.after(trade("ETH", "3"))
    plan = hl_desk.after(lambda market: market.settle("ETH", price="3100"))
    assert kinds(plan) == [("closed", "ETH")]
    assert realized(plan) == [("ETH", "300")]
    assert is_clean(plan)


@pytest.mark.parametrize("mode", ["unifiedAccount", "portfolioMargin", "dexAbstraction"])
def test_every_account_mode_ties_out(hl_desk, mode):
    hl_desk.after(lambda market: market.set_mode("main", mode))
    assert is_clean(hl_desk.after(trade("BTC", "1")))
    assert is_clean(hl_desk.after(trade("BTC", "-0.5", price="61000")))
    assert hl_desk.held() == {"BTC": "0.5"}


def test_another_leverage_opens_and_closes_nothing(hl_desk):
    hl_desk.after(trade("BTC", "1"))
    plan = hl_desk.after(lambda market: market.set_leverage("main", "BTC", 10))
    assert not [kind for kind, _ in kinds(plan) if kind != "marked"]
    assert [row.leverage for row in hl_desk.book.marks.values()] == ["10"]


def test_a_book_that_starts_late_takes_over_what_is_there(hl_desk):
    hl_desk.stage.market.trade("main", "BTC", "3")
    hl_desk.stage.market.trade("main", "BTC", "-1", price="61000")
    assert is_clean(hl_desk.after(trade("ETH", "-2")))
    assert hl_desk.held() == {"BTC": "2", "ETH": "-2"}
