"""From IBKR's wire to a book that is tied out, and the situations of practice that are IBKR's."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.core.book import Account, AccountId, Book
from tieout.core.errors import VenueError, VenueUnavailable
from tieout.core.matching import Names
from tieout.core.plan import Plan
from tieout.core.policy import default_policy
from tieout.core.snapshot import Failure
from tieout.core.tieout import tie_out
from venues.alpaca import FakeClock
from venues.ibkr import AAPL, ES, NOW, TSLA, error, only, read, venue_at
from venues.tws import UNSET, commission, contract, execution

CALL = contract(
    "SPXW", con_id=9, kind="OPT", expires="20261218", strike="6935.0", right="C", multiplier="100",
    exchange="", local_symbol="SPXW  261218C06935000",
)  # fmt: skip


class Desk:
    """Syncs one account again and again, as the product does."""

    def __init__(self, tws, venue, account="U1"):
        self.tws, self.venue, self.account = tws, venue, account
        self.book = Book(account=Account(id=AccountId(account), venue="ibkr", history="partial"))
        self.cursor = None
        self.found = None
        self.number = 0

    @property
    def clock(self):
        return self.venue._clock

    def sync(self) -> Plan:
        self.clock.at += timedelta(minutes=20)
        activities = ()
        try:
            self.found = read(self.venue, account=self.account, cursor=self.cursor)
            snapshot, activities = self.found.snapshot, self.found.activities
            self.cursor = self.found.cursor
            self.book = replace(self.book, instruments=self.found.instruments)
        except VenueError as failed:
            snapshot = Failure(kind=failed.kind, message=str(failed))
        plan = tie_out(
            self.book, snapshot, activities, policy=default_policy("ibkr"), now=self.clock.now()
        )
        self.book = self.book.after(plan)
        return plan

    def trade(self, listed, quantity, price, *, fee, held, cost, realized=UNSET, name=None):
        """A fill, and what the gateway shows after it."""
        self.number += 1
        name = name or f"0000e0d5.6576fd38.{self.number:02d}.01"
        self.clock.at += timedelta(minutes=1)
        at = f"{self.clock.at:%Y%m%d-%H:%M:%S}"
        row = execution(name, listed, quantity, price, at=at, account=self.account)
        self.tws.fill(row, commission(name, fee, realized=realized))
        self.tws.hold(listed, held, cost, account=self.account)

    def position(self, symbol):
        (found,) = [each for each in self.book.ledgers.values() if each.instrument.symbol == symbol]
        return found

    def holds(self, symbol):
        position = self.position(symbol).position
        return None if position is None else position.quantity

    def average(self, symbol):
        ledger = self.position(symbol)
        return ledger.position.average_price(ledger.instrument)


@pytest.fixture
def desk(tws, gateway):
    return Desk(tws, gateway)


def kinds(plan):
    return [(change.kind, change.symbol) for change in plan.changes]


def test_an_account_is_taken_over_as_it_is(desk):
    desk.tws.hold(AAPL, "-110", "201.8829709")
    desk.tws.hold(ES, "1", "315114.75")
    plan = desk.sync()
    assert plan.tied_out
    assert desk.average("ESZ6") == Decimal("6302.295")
    assert desk.holds("AAPL") == Decimal(-110)


def test_a_day_of_trading_is_tied_out_with_realized_from_fills(desk):
    assert desk.sync().tied_out
    desk.trade(ES, "2", "6300", fee="4.50", held="2", cost="315002.25")
    assert kinds(plan := desk.sync()) == [("created", "ESZ6")]
    assert plan.tied_out
    assert desk.average("ESZ6") == Decimal(6300)
    desk.trade(ES, "-1", "6310", fee="2.25", held="1", cost="315002.25", realized="495.5")
    plan = desk.sync()
    assert kinds(plan) == [("reduced", "ESZ6")]
    assert plan.tied_out
    assert plan.changes[0].realized.of("USD").gross.value == Decimal(500)
    desk.trade(ES, "-1", "6290", fee="2.25", held="0", cost="0.0", realized="-504.5")
    plan = desk.sync()
    assert kinds(plan) == [("closed", "ESZ6")]
    assert plan.tied_out
    assert plan.breaks == ()


def test_case_12_nan_keeps_the_price_and_a_row_without_quantity_fails(desk):
    desk.tws.hold(AAPL, "10", "190.5")
    desk.tws.hold(TSLA, "10", "20")
    desk.tws.portfolio["U1"] = [[*AAPL, "10", "191", "1910", "190.5", "5", "0"]]
    desk.sync()
    desk.tws.portfolio["U1"] = [[*AAPL, "10", "nan", "nan", "190.5", "nan", "nan"]]
    plan = desk.sync()
    assert (plan.tied_out, kinds(plan)) == (True, [])
    for nothing in ("nan", "", UNSET):
        desk.tws.hold(TSLA, nothing, "20")
        plan = desk.sync()
        assert (plan.outcome, kinds(plan)) == ("partial", [("invalid", "TSLA")])
        assert desk.holds("TSLA") == 10


def test_case_17_an_option_of_the_gateway_compares_equal_to_its_occ_form(desk):
    desk.tws.hold(CALL, "2", "250.65")
    desk.sync()
    names = Names(desk.book.ledgers, (), venue="ibkr", currency="USD")
    assert names.find("SPXW261218C06935000", side=None) is not None


def test_case_18_futures_of_one_root(desk):
    for con_id, name, quantity in ((1, "MGCV6", "1"), (2, "MGCZ6", "-1")):
        listed = contract("MGC", con_id=con_id, kind="FUT", multiplier="10", local_symbol=name)
        desk.tws.hold(listed, quantity, "44332.96")
    assert desk.sync().tied_out
    assert (desk.holds("MGCV6"), desk.holds("MGCZ6")) == (1, -1)


def test_one_ticker_on_two_exchanges_is_two_positions(desk):
    desk.tws.hold(contract("SAN", con_id=1, currency="EUR"), "100", "4.5")
    desk.tws.hold(contract("SAN", con_id=2, currency="USD"), "30", "5")
    assert desk.sync().tied_out
    held = sorted(
        (each.instrument.currency, each.position.quantity) for each in desk.book.ledgers.values()
    )
    assert held == [("EUR", 100), ("USD", 30)]
    assert desk.sync().tied_out


def test_fills_of_one_ticker_go_to_the_contract_they_are_of(desk):
    madrid = contract("SAN", con_id=1, currency="EUR")
    new_york = contract("SAN", con_id=2, currency="USD")
    desk.tws.hold(madrid, "100", "4.5")
    desk.sync()
    desk.trade(new_york, "20", "5", fee="1", held="20", cost="5.05")
    assert desk.sync().tied_out
    desk.trade(madrid, "-100", "5", fee="1", held="0", cost="0")
    plan = desk.sync()
    assert plan.tied_out
    assert [(each.kind, each.currency) for each in plan.changes] == [("closed", "EUR")]
    assert plan.changes[0].realized.of("EUR").gross.value == 50


def test_case_19_the_same_contract_in_two_accounts(tws, gateway):
    tws.accounts = ["U1", "U2"]
    tws.hold(AAPL, "100", "10", account="U1")
    tws.hold(AAPL, "-40", "10", account="U2")
    one, two = Desk(tws, gateway, "U1"), Desk(tws, gateway, "U2")
    one.sync(), two.sync()
    two.trade(AAPL, "40", "9", fee="1", held="0", cost="0")
    assert kinds(two.sync()) == [("closed", "AAPL")]
    assert kinds(one.sync()) == []
    assert one.holds("AAPL") == 100


def test_case_29_average_cost_has_commission_and_multiplier_inside(desk):
    desk.sync()
    desk.trade(AAPL, "100", "50", fee="1.00", held="100", cost="50.01")
    desk.trade(CALL, "3", "2.50", fee="1.95", held="3", cost="250.65")
    assert desk.sync().tied_out
    assert desk.average("AAPL") == 50
    assert desk.average("SPXW  261218C06935000") == Decimal("2.5")


def test_case_29_a_short_sale_has_its_commission_taken_off(desk):
    desk.sync()
    desk.trade(TSLA, "-100", "50", fee="1.00", held="-100", cost="49.99")
    assert desk.sync().tied_out
    assert desk.average("TSLA") == 50


def test_case_48_one_leg_of_a_spread_is_assigned(desk):
    short, long = (
        contract("AAPL", con_id=number, kind="OPT", expires="20261218", strike=f"{strike}.0",
                 right="P", multiplier="100", local_symbol=f"AAPL  261218P00{strike}000")
        for number, strike in ((11, 195), (12, 190))
    )  # fmt: skip
    desk.tws.hold(short, "-1", "250")
    desk.tws.hold(long, "1", "150")
    desk.sync()
    del desk.tws.positions["U1", "11"]
    desk.tws.hold(AAPL, "100", "195")
    desk.sync()
    assert desk.holds("AAPL  261218P00190000") == 1
    assert desk.holds("AAPL") == 100


def test_case_50_the_quantity_is_that_of_the_positions_and_the_price_that_of_the_portfolio(desk):
    desk.tws.hold(AAPL, "10", "190.5")
    desk.sync()
    desk.tws.hold(AAPL, "6", "190.5")
    desk.tws.portfolio["U1"] = [[*AAPL, "10", "191", "1910", "190.5", "5", "0"]]  # of before
    plan = desk.sync()
    assert kinds(plan) == [("reduced", "AAPL")]
    assert desk.holds("AAPL") == 6
    assert only(desk.found).price == "191"


def test_case_58_a_future_is_worth_its_multiplier(desk):
    desk.sync()
    desk.trade(ES, "2", "5000", fee="4.50", held="2", cost="250002.25")
    desk.sync()
    desk.trade(ES, "-2", "5010", fee="4.50", held="0", cost="0.0", realized="991.0")
    plan = desk.sync()
    assert (plan.tied_out, plan.changes[0].realized.of("USD").gross.value) == (True, 1000)


def test_case_49_a_zero_row_is_no_holding_and_closes_what_there_was(desk):
    desk.tws.hold(AAPL, "5", "10")
    desk.tws.hold(TSLA, "10", "20")
    desk.sync()
    desk.tws.hold(AAPL, "0", "0.0")
    desk.tws.portfolio["U1"] = [[*AAPL, "0", "11.5", "0", "0", "0", "7.5"]]
    plan = desk.sync()
    assert ("closed", "AAPL") in kinds(plan)
    assert desk.holds("TSLA") == 10
    (closed,) = [each for each in plan.changes if each.kind == "closed"]
    assert closed.realized.of("USD").gross.value == Decimal("7.5")


def test_case_47_a_zero_row_of_an_expired_option_that_nobody_holds(desk):
    desk.tws.hold(CALL, "0", "0.0")
    plan = desk.sync()
    assert (plan.tied_out, kinds(plan)) == (True, [])


def test_case_51_a_correction_comes_after_the_fill_was_booked(desk):
    desk.sync()
    stem = "0000e0d5.6576fd38.01"
    desk.trade(AAPL, "100", "10.00", fee="1", held="100", cost="10.01", name=f"{stem}.01")
    desk.sync()
    desk.tws.drop()
    desk.tws.executions.clear()
    desk.trade(AAPL, "100", "10.05", fee="1", held="100", cost="10.06", name=f"{stem}.02")
    desk.tws.executions[0][13] = "20261120-15:21:00"
    assert desk.sync().tied_out
    assert (desk.holds("AAPL"), desk.average("AAPL")) == (100, Decimal("10.05"))


def test_case_51_both_versions_come_at_once(desk):
    desk.sync()
    stem = "0000e0d5.6576fd38.01"
    desk.trade(AAPL, "100", "10.00", fee="1", held="100", cost="10.01", name=f"{stem}.01")
    desk.trade(AAPL, "100", "10.05", fee="1", held="100", cost="10.06", name=f"{stem}.02")
    assert desk.sync().tied_out
    assert (desk.holds("AAPL"), desk.average("AAPL")) == (100, Decimal("10.05"))


def test_case_51_an_execution_that_was_corrected_twice_counts_as_last_corrected(desk):
    desk.sync()
    stem = "0000e0d5.6576fd38.01"
    for version, quantity, price in (("01", "100", "10"), ("02", "95", "10.05"), ("03", "90", "9")):
        name = f"{stem}.{version}"
        desk.trade(AAPL, quantity, price, fee="1", held=quantity, cost=price, name=name)
        desk.tws.executions[-1][13] = desk.tws.executions[0][13]  # when it was, not when corrected
        assert desk.sync().tied_out
    assert (desk.holds("AAPL"), desk.average("AAPL")) == (90, Decimal(9))


def test_case_52_open_orders_are_not_asked_for(desk):
    desk.tws.hold(AAPL, "-1", "10")
    assert desk.sync().tied_out
    assert desk.holds("AAPL") == -1
    assert not desk.tws.calls("5") + desk.tws.calls("16")


def test_case_53_a_fill_in_the_1100_window_is_not_lost(desk):
    desk.sync()
    desk.tws.say_instead(
        "17", lambda client: (error(1100, "lost")(client), desk.tws._answer_17(client, []))
    )
    assert desk.sync().outcome == "failed"
    desk.trade(ES, "60", "75", fee="0", held="60", cost="3750")
    desk.tws.drop()
    plan = desk.sync()
    assert (plan.tied_out, kinds(plan)) == (True, [("created", "ESZ6")])
    assert desk.holds("ESZ6") == 60
    assert desk.sync().tied_out


def test_case_54_a_nightly_restart_changes_no_row(tws):
    desk = Desk(tws, venue_at(tws, FakeClock(NOW)))
    tws.hold(AAPL, "10", "190.5")
    desk.sync()
    tws.taken = {"7"}
    tws.drop()
    assert desk.sync().outcome == "failed"
    assert desk.holds("AAPL") == 10
    tws.taken = set()
    assert desk.sync().tied_out
    asyncio.run(desk.venue.aclose())


def test_case_55_a_fill_before_midnight_is_seen_by_the_position_alone(desk):
    desk.tws.hold(AAPL, "100", "10")
    desk.tws.portfolio["U1"] = [[*AAPL, "60", "12", "720", "10", "120", "0"]]
    desk.sync()
    desk.tws.hold(AAPL, "60", "10")
    plan = desk.sync()
    assert kinds(plan) == [("reduced", "AAPL")]
    assert plan.changes[0].is_estimated
    assert not plan.tied_out
    assert desk.position("AAPL").reconciliation == "DRIFT"


def test_what_is_missing_is_flagged_and_stays_open(desk):
    desk.tws.hold(AAPL, "10", "190.5")
    desk.tws.hold(TSLA, "10", "20")
    desk.sync()
    del desk.tws.positions["U1", AAPL[0]]
    for _ in range(3):
        plan = desk.sync()
    assert not plan.tied_out
    assert desk.holds("AAPL") == 10
    assert desk.position("AAPL").reconciliation == "DRIFT"


def test_an_empty_list_is_held_for_a_person(desk):
    desk.tws.hold(AAPL, "10", "190.5")
    desk.sync()
    desk.tws.positions.clear()
    assert desk.sync().outcome == "held"
    assert desk.holds("AAPL") == 10


def test_disconnected_nothing_is_closed(desk):
    desk.tws.hold(AAPL, "10", "190.5")
    desk.sync()
    desk.tws.close()
    assert desk.sync().outcome == "failed"
    assert desk.holds("AAPL") == 10
    with pytest.raises(VenueUnavailable, match="502"):
        read(desk.venue)


def test_a_row_of_models_keeps_its_last_good_state(desk):
    desk.tws.hold(AAPL, "10", "190.5")
    desk.tws.hold(TSLA, "10", "20")
    desk.sync()
    desk.tws.extra_rows = [["61", "3", "U1", *AAPL, "4", "190.5"]]
    plan = desk.sync()
    assert plan.outcome == "partial"
    assert desk.holds("AAPL") == 10
    assert desk.position("AAPL").reconciliation == "FAILED"
    assert desk.position("TSLA").reconciliation == "SYNCED"


def test_a_second_identical_reading_changes_nothing(desk):
    desk.sync()
    desk.trade(AAPL, "0.38962051", "128.33", fee="0.35", held="0.38962051", cost="129.228309")
    desk.sync()
    plan = desk.sync()
    assert plan.tied_out
    assert kinds(plan) == []


def test_the_table_names_only_tests_of_ibkr_that_there_are():
    root = Path(__file__).parents[2]
    table = (root / "docs" / "edge-cases.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/\w+/test_(?:ibkr_\w+|gateway)\.py)::(\w+)`", table)
    assert len(named) > 25
    for file, name in named:
        assert f"def {name}(" in (root / file).read_text(encoding="utf-8"), name
