"""From Alpaca's wire to a book that is tied out: everything that the simulated market can do."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tieout.core.book import Account, Book
from tieout.core.plan import Plan
from tieout.core.policy import default_policy
from tieout.core.tieout import tie_out
from tieout.simulators.faults import BareNumbers, DuplicateRows, Fault, ReorderRows, SetField
from tieout.simulators.ledger import Fill
from tieout.simulators.market import Market
from venues.market import AlpacaStage

CALL = "AAPL260417C00200000"
Happening = Callable[[Market], object]


class Desk:
    """Syncs one account again and again, as the product does."""

    def __init__(self, stage: AlpacaStage) -> None:
        self.stage = stage
        self.book = Book(account=Account(id=stage.account, venue="alpaca"))
        self.cursor: str | None = None

    def after(self, happening: Happening, *, days: int = 0) -> Plan:
        """Let something happen, then tie out."""
        self.stage.clock.advance(1)
        happening(self.stage.market)
        self.stage.clock.advance(30 + days * 86_400)
        found = asyncio.run(self.stage.venue.read(self.stage.account, cursor=self.cursor))
        self.cursor = found.cursor
        book = replace(self.book, instruments=found.instruments)
        plan = tie_out(
            book,
            found.snapshot,
            found.activities,
            policy=default_policy("alpaca"),
            now=self.stage.clock.now(),
        )
        self.book = book.after(plan)
        return plan


@pytest.fixture
def desk(stage) -> Desk:
    return Desk(stage)


def trade(symbol: str, quantity: str) -> Happening:
    return lambda market: market.trade("main", symbol, quantity)


def kinds(plan: Plan) -> list[tuple[str, str]]:
    return [(change.kind, change.symbol) for change in plan.changes]


ACTIONS: dict[str, tuple[Happening, list[tuple[str, str]]]] = {
    "split": (lambda market: market.split("AAPL", old="1", new="4"), [("split", "AAPL")]),
    "rename": (lambda market: market.rename("AAPL", "APPL"), [("renamed", "APPL")]),
    "spin-off": (
        lambda market: market.spin_off("AAPL", child="NEW", rate="0.1"),
        [("created", "NEW")],
    ),
    "cash merger": (lambda market: market.merge("AAPL", cash="200"), [("closed", "AAPL")]),
    "stock merger": (
        lambda market: market.merge("AAPL", acquirer="NEW", rate="0.5"),
        [("closed", "AAPL"), ("created", "NEW")],
    ),
    "unit split": (
        lambda market: market.unit_split(
            "AAPL", into="NEW", rate="1", alternate="NEW.WS", alternate_rate="0.25"
        ),
        [("closed", "AAPL"), ("created", "NEW"), ("created", "NEW.WS")],
    ),
    "dividend": (lambda market: market.pay_dividend("AAPL", "0.3"), [("restated", "AAPL")]),
}


@pytest.mark.parametrize("quantity", ["33", "-33"])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_corporate_action_explains_itself(desk, action, quantity):
    happening, expected = ACTIONS[action]
    assert desk.after(trade("AAPL", quantity)).tied_out
    plan = desk.after(happening)
    assert plan.errors == ()
    assert plan.breaks == ()
    assert plan.tied_out
    assert kinds(plan) == expected
    again = desk.after(lambda market: None)
    assert (again.changes, again.tied_out) == ((), True)


def test_a_reverse_split_and_the_cash_that_comes_days_later(desk):
    desk.after(trade("AAPL", "33"))
    plan = desk.after(lambda market: market.split("AAPL", old="20", new="1", fractions="cash"))
    assert (kinds(plan), plan.tied_out) == ([("split", "AAPL")], True)
    assert desk.after(lambda market: None, days=3).tied_out
    plan = desk.after(lambda market: market.pay_cash_in_lieu("main", "AAPL", "91"))
    assert (kinds(plan), plan.tied_out) == ([("restated", "AAPL")], True)


def test_a_coin_and_the_fee_that_is_taken_in_it(desk):
    assert desk.after(trade("BTC/USD", "1"), days=1).tied_out
    assert desk.after(lambda market: None, days=1).tied_out
    plan = desk.after(trade("BTC/USD", "-0.5"), days=1)
    assert (kinds(plan), plan.tied_out) == ([("reduced", "BTC/USD")], True)


@pytest.mark.parametrize(
    ("contracts", "happening", "expected"),
    [
        ("2", lambda market: market.expire_option(CALL), [("closed", CALL)]),
        ("-2", lambda market: market.expire_option(CALL), [("closed", CALL)]),
        (
            "2",
            lambda market: market.exercise_option("main", CALL, "2", shown_price="90"),
            [("created", "AAPL"), ("closed", CALL)],
        ),
        (
            "-2",
            lambda market: market.assign_option("main", CALL, "2"),
            [("created", "AAPL"), ("closed", CALL)],
        ),
    ],
)
def test_an_option_ends(desk, contracts, happening, expected):
    assert desk.after(trade(CALL, contracts)).tied_out
    plan = desk.after(happening)
    assert (kinds(plan), plan.errors, plan.tied_out) == (expected, (), True)


def last_fill(market: Market) -> Fill:
    return [record for record in market.account("main").records if isinstance(record, Fill)][-1]


@pytest.mark.parametrize("quantity", ["5", "-5", "-12"])
def test_a_trade_that_is_busted_or_corrected(desk, quantity):
    desk.after(trade("AAPL", "7"))
    desk.after(trade("AAPL", quantity))
    plan = desk.after(lambda market: market.correct_fill("main", last_fill(market).id, price="191"))
    assert (plan.errors, plan.breaks, plan.tied_out) == ((), (), True)
    plan = desk.after(lambda market: market.bust_fill("main", last_fill(market).id))
    assert (plan.errors, plan.tied_out) == ((), True)
    (ledger,) = desk.book.ledgers.values()
    assert ledger.quantity == 7


@pytest.mark.parametrize(
    "effect",
    [
        BareNumbers(),
        ReorderRows(),
        SetField(field="exchange", value="MOONBASE", row=None),
        SetField(field="cost_basis", value=None, row=None),
        SetField(field="unrealized_pl", value="NaN", row=None),
    ],
)
def test_what_does_not_matter_changes_nothing(desk, effect):
    desk.after(trade("AAPL", "10"))
    desk.after(trade("TSLA", "-3"))
    desk.stage.simulator.faults.add(Fault(effect, path="/v2/positions", times=None))
    plan = desk.after(lambda market: None)
    assert (plan.changes, plan.breaks, plan.errors, plan.tied_out) == ((), (), (), True)


def test_a_bad_quantity_fails_its_row_alone(desk):
    desk.after(trade("AAPL", "10"))
    desk.after(trade("TSLA", "3"))
    fault = Fault(SetField(field="qty", value="NaN", row=0), path="/v2/positions", times=None)
    desk.stage.simulator.faults.add(fault)
    plan = desk.after(lambda market: None)
    assert plan.outcome == "partial"
    assert [change.kind for change in plan.changes] == ["invalid"]
    assert {ledger.quantity for ledger in desk.book.ledgers.values()} == {10, 3}


def test_rows_and_activities_that_come_twice_count_once(desk):
    desk.after(trade("AAPL", "10"))
    desk.stage.simulator.faults.add(Fault(DuplicateRows(), times=None))
    plan = desk.after(trade("AAPL", "5"))
    assert (plan.errors, plan.tied_out) == ((), True)
    (ledger,) = desk.book.ledgers.values()
    assert ledger.quantity == 15


def test_a_history_that_takes_several_readings_ends_tied_out(desk):
    desk.stage.limit_pages(2)
    for _ in range(230):
        desk.stage.market.trade("main", "AAPL", "1")
        desk.stage.clock.advance(3600 * 6)
    first = desk.after(trade("AAPL", "-30"))
    assert (first.outcome, first.tied_out) == ("partial", False)
    second = desk.after(lambda market: None)
    assert (second.errors, second.tied_out) == ((), True)
    (ledger,) = desk.book.ledgers.values()
    assert ledger.quantity == 200
