"""Corporate actions of Flex statements, and what they make of a book."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.core.activity import Activity, ActivityId, Ratio
from tieout.core.book import Account, AccountId, Book
from tieout.core.policy import default_policy
from tieout.core.tieout import tie_out
from tieout.venues.ibkr.flex_books import told_by
from tieout.venues.ibkr.flex_files import FlexFiles
from venues.flex import action, statement, write

SPLIT = "AAPL(US0378331005) SPLIT 4 FOR 1 (AAPL, APPLE INC, US0378331005)"
BOUGHT = datetime(2026, 11, 16, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)


def told(folder, *rows):
    write(folder, statement(CorporateActions="".join(rows)))
    return told_by(FlexFiles(folder).shelf().of("U1"))


def one(found):
    assert found.problems == ()
    (activity,) = found.activities
    return activity


def ratio(new, old):
    return Ratio(new=Decimal(new), old=Decimal(old))


def held_after(found, *, quantity, price, symbol="AAPL", con_id="265598"):
    """The open positions of a book that bought these units before: symbol, units, average."""
    bought = Activity(
        id=ActivityId("buy"), type="fill", symbol=symbol, at=BOUGHT, quantity=Decimal(quantity),
        price=Decimal(price), venue_id=con_id, currency="USD",
    )  # fmt: skip
    account = Account(id=AccountId("U1"), venue="ibkr", history="full")
    book = Book(account=account, instruments=found.instruments)
    plan = tie_out(book, None, (bought, *found.activities), policy=default_policy("ibkr"), now=NOW)
    assert plan.errors == ()
    return {
        (ledger.instrument.symbol, ledger.position.quantity): ledger.position.average_price(
            ledger.instrument
        )
        for ledger in replace(book.after(plan)).ledgers.values()
        if ledger.position is not None
    }


def test_case_35_a_split_tells_only_the_units_that_it_adds(tmp_path):
    found = told(tmp_path, action("FS", "8.3796", SPLIT))
    assert (one(found).type, one(found).ratio) == ("split", ratio(4, 1))
    assert held_after(found, quantity="2.7932", price="200") == {("AAPL", Decimal("11.1728")): 50}


def test_a_reverse_split_goes_over_to_a_new_contract(tmp_path):
    text = "XYZ(US111) SPLIT 1 FOR 25 (XYZ, XYZ CORP, US222)"
    found = told(
        tmp_path,
        action("RS", "-12000", text, symbol="XYZ.OLD", conid="1"),
        action("RS", "480", text, symbol="XYZ", conid="2"),
    )
    split = one(found)
    assert (split.type, split.symbol, split.ratio) == ("split", "XYZ", ratio(1, 25))
    assert split.venue_id == "2"
    assert held_after(found, quantity="12000", price="2", symbol="XYZ", con_id="1") == {
        ("XYZ", 480): 50
    }


def test_a_split_without_terms_is_told_by_its_two_rows(tmp_path):
    found = one(
        told(
            tmp_path,
            action("RS", "-100", symbol="XYZ.OLD", conid="1"),
            action("RS", "10", symbol="XYZ", conid="2"),
        )
    )
    assert found.ratio == ratio(10, 100)


def test_a_split_of_which_no_terms_are_told_is_left_to_the_positions(tmp_path):
    found = told(tmp_path, action("FS", "30"))
    assert found.activities == ()
    assert "corporate action FS AAPL" in found.ignored[0]


def test_a_stock_dividend_is_more_of_the_same_at_the_same_cost(tmp_path):
    text = "AAPL(US0378331005) STOCK DIVIDEND 1 FOR 20 (AAPL, APPLE INC, US0378331005)"
    found = told(tmp_path, action("SD", "5", text))
    assert held_after(found, quantity="100", price="105") == {("AAPL", 105): 100}


def test_a_spin_off_brings_units_of_unknown_cost(tmp_path):
    text = "MMM(US88579Y1010) SPINOFF  1 FOR 4 (SOLV, SOLVENTUM CORP-W/I, US83444M1018)"
    found = told(tmp_path, action("SO", "25", text, symbol="SOLV", conid="5"))
    made = one(found)
    assert (made.type, made.symbol, made.to, made.ratio) == (
        "spin_off", "MMM", "SOLV", ratio(1, 4),
    )  # fmt: skip
    assert held_after(found, quantity="100", price="90", symbol="MMM", con_id="4") == {
        ("MMM", 100): 90, ("SOLV", 25): None,
    }  # fmt: skip


def test_a_merger_for_cash_pays_proceeds_and_not_the_worth(tmp_path):
    text = (
        "NILSY.TEN(466992534) MERGED(Voluntary Offer Allocation)  FOR USD 30.60000000 PER SHARE "
        "(NILSY.TEN, MMC NORILSK NICKEL JSC-ADR - TENDER, 466992534)"
    )
    row = action(
        "TC", "-1000", text, symbol="NILSY.TEN", conid="96835898", proceeds="30600",
        value="-18110", amount="-30600",
    )  # fmt: skip
    made = one(told(tmp_path, row))
    assert (made.type, made.cash, made.to, made.at.isoformat()) == (
        "merger", 30600, None, "2026-11-21T01:25:00+00:00",
    )  # fmt: skip


def test_a_merger_for_shares_and_cash_keeps_the_cost(tmp_path):
    found = told(
        tmp_path,
        action("TC", "-100", symbol="ABC", conid="1", proceeds="200"),
        action("TC", "50", symbol="XYZ", conid="2"),
    )
    made = one(found)
    assert (made.to, made.ratio, made.cash, made.venue_id) == ("XYZ", ratio(50, 100), 200, "2")
    assert held_after(found, quantity="100", price="12", symbol="ABC", con_id="1") == {
        ("XYZ", 50): 20
    }


def test_a_change_of_ticker_is_a_rename(tmp_path):
    found = told(
        tmp_path,
        action("IC", "-100", symbol="FB", conid="1"),
        action("IC", "100", symbol="META", conid="2"),
    )
    made = one(found)
    assert (made.type, made.symbol, made.to, made.venue_id) == ("rename", "FB", "META", "2")
    assert held_after(found, quantity="100", price="12", symbol="FB", con_id="1") == {
        ("META", 100): 12
    }


def test_a_new_number_under_the_same_ticker_keeps_the_position(tmp_path):
    found = told(
        tmp_path,
        action("IC", "-100", symbol="XYZ.OLD", conid="1"),
        action("IC", "100", symbol="XYZ", conid="2"),
    )
    assert held_after(found, quantity="100", price="12", symbol="XYZ", con_id="1") == {
        ("XYZ", 100): 12
    }


def test_what_is_delisted_as_worthless_ends_at_0(tmp_path):
    made = one(told(tmp_path, action("DW", "-100", "(CA629) DELISTED (NABIF, NABIS, CA629)")))
    assert (made.type, made.quantity, made.price) == ("expiry", -100, 0)


@pytest.mark.parametrize(("kind", "quantity"), [("RI", "40"), ("TO", "-40"), ("TC", "40")])
def test_units_whose_cost_is_not_told_come_and_go_as_transfers(tmp_path, kind, quantity):
    made = one(told(tmp_path, action(kind, quantity, symbol="XYZ.RTS", conid="3")))
    assert (made.type, made.symbol, made.quantity) == ("transfer", "XYZ.RTS", Decimal(quantity))
    assert (made.cost, made.venue_id) == (None, "3")


def test_an_action_that_moves_nothing_is_said(tmp_path):
    found = told(tmp_path, action("PV", "0"))
    assert found.activities == ()
    assert "corporate action PV AAPL: it moves no units" in found.ignored[0]


def test_an_action_that_was_taken_back_and_booked_again_counts_once(tmp_path):
    found = told(
        tmp_path, action("FS", "30", SPLIT), action("FS", "-30", SPLIT, code="Ca"),
        action("FS", "30", SPLIT),
    )  # fmt: skip
    assert one(found).ratio == ratio(4, 1)
    gone = told(tmp_path, action("FS", "30", SPLIT), action("FS", "-30", SPLIT, code="Ca"))
    assert gone.activities == ()


def test_an_action_of_a_kind_that_ibflex_does_not_know_is_said(tmp_path):
    found = told(tmp_path, action("ZZ", "10"), action("FS", "30", SPLIT, actionID="78"))
    assert "type" in found.problems[0]
    assert [each.type for each in found.activities] == ["split"]
