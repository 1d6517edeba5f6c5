"""Whose account is read: the address, its sub-accounts, agents, vaults, other dexes and modes."""

import asyncio

import pytest

from tieout.core.book import AccountId
from tieout.core.errors import VenueRefused, VenueReplyInvalid
from tieout.simulators.faults import Fault, Status
from venues.hyperliquid import only
from venues.hyperliquid_market import PATIENT, HyperliquidDesk
from venues.hyperliquid_stub import AGENT, MAIN, OTHER, SUB, Person, position


def refusal(hl, **how) -> VenueRefused:
    with pytest.raises(VenueRefused) as caught:
        hl.read(**how)
    return caught.value


def part_of(master: str) -> dict[str, object]:
    """A row of `subAccounts`; a unified account shows no state in there."""
    return {"name": "part", "subAccountUser": SUB, "master": master, "dexToClearinghouseState": []}


def test_an_agents_address_is_an_error_and_no_empty_account(hl):
    hl.stub.people[AGENT] = Person(role={"role": "agent", "data": {"user": MAIN}})
    hl.venue = hl.another(user=AGENT)
    error = refusal(hl, account=AGENT)
    assert "is an API wallet (agent) and has no account of its own" in str(error)
    assert f"set account to {MAIN}" in error.advice


def test_an_address_without_an_account_is_an_error(hl):
    hl.venue = hl.another(user=OTHER)
    assert "has no account at" in str(refusal(hl, account=OTHER))


@pytest.mark.parametrize("role", ["user", "subAccount", "vault"])
def test_whoever_can_hold_something_is_read(hl, role):
    hl.stub.main.role = {"role": role, "data": {"master": OTHER}}
    assert hl.read().snapshot.complete


def test_a_role_that_is_not_known_is_refused(hl):
    hl.stub.main.role = {"role": "ghost"}
    assert "unknown role 'ghost'" in str(refusal(hl))


def test_the_role_is_asked_at_every_reading_of_an_account_without_fills(hl):
    """Nothing else tells an empty account from somebody else's."""
    for _ in range(2):
        hl.stub.forget()
        hl.clock.advance(60)
        hl.read()
        assert "userRole" in hl.stub.kinds()


def test_a_sub_account_is_an_account_of_its_own(hl):
    """Edge case 67: the list shows no position of it, its own state does."""
    hl.stub.main.subs = [part_of(MAIN)]
    hl.stub.people[SUB] = Person(role={"role": "subAccount", "data": {"master": MAIN}})
    hl.stub.trade("ETH", "3", "2000", user=SUB)
    hl.stub.trade("BTC", "1", "60000")
    listed = asyncio.run(hl.venue.accounts())
    assert [each.id for each in listed] == [MAIN, SUB]
    assert [each.symbol for each in hl.read(account=SUB).snapshot.holdings] == ["ETH"]
    assert [each.symbol for each in hl.read().snapshot.holdings] == ["BTC"]


def test_sub_accounts_of_somebody_else_are_refused(hl):
    hl.stub.main.subs = [part_of(OTHER)]
    with pytest.raises(VenueRefused, match="account_mismatch"):
        asyncio.run(hl.venue.accounts())


def test_a_sub_account_that_is_not_listed_is_refused(hl):
    assert "has no such sub-account" in str(refusal(hl, account=SUB))


def test_fills_that_are_gone_show_another_account(hl):
    hl.stub.trade("BTC", "1", "60000")
    found = hl.read()
    hl.stub.main.fills.clear()
    assert "are no longer listed" in str(refusal(hl, cursor=found.cursor))


def test_every_builder_dex_is_looked_at_first_and_once_a_day(hl):
    hl.stub.dexes = [None, {"name": "xyz"}, {"name": "flx"}]
    hl.stub.main.positions = [position("flx:TSLA", "-1", "402")]
    found = hl.read()
    assert [each.symbol for each in found.snapshot.holdings] == ["flx:TSLA"]
    hl.stub.forget()
    hl.clock.advance(60)
    again = hl.read(cursor=found.cursor)
    asked = [kind for kind in hl.stub.kinds() if kind.startswith("clearinghouseState")]
    assert asked == ["clearinghouseState", "clearinghouseState:flx"]
    hl.stub.forget()
    hl.clock.advance(86_400)
    hl.read(cursor=again.cursor)
    assert "clearinghouseState:xyz" in hl.stub.kinds()


def test_a_dex_that_cannot_be_read_closes_nothing(hl_desk):
    def open_both(market):
        market.move_to_dex("main", "xyz", "10000")
        market.trade("main", "BTC", "1")
        market.trade("main", "xyz:TSLA", "3")

    hl_desk.after(open_both)
    broken = Fault(Status(500), path="/info/clearinghouseState/xyz", times=None)
    number = hl_desk.stage.simulator.faults.add(broken)
    plan = hl_desk.after(lambda market: None)
    assert not plan.tied_out
    assert "the dex xyz could not be read" in hl_desk.found.snapshot.problems[0]
    assert hl_desk.held() == {"BTC": "1", "xyz:TSLA": "3"}
    hl_desk.stage.simulator.faults.remove(number)
    hl_desk.after(lambda market: None)
    assert hl_desk.after(lambda market: None).tied_out


def test_a_row_of_another_dex_shows_that_the_wrong_one_answered(hl):
    hl.stub._state = lambda person, dex: {"assetPositions": [position("xyz:A", "1", "1")]}
    found = hl.read().snapshot
    assert not found.complete
    assert "xyz:A is listed, which is on the dex xyz" in found.problems[0]


def test_a_sub_account_of_the_market_ties_out(hl_stage):
    hl_stage.market.open_sub_account("part", master="main", cash="5000")
    desk = HyperliquidDesk(hl_stage, account="part")
    plan = desk.after(lambda market: market.trade("part", "BTC", "0.01"))
    assert plan.tied_out
    assert desk.held() == {"BTC": "0.01"}
    asyncio.run(hl_stage.venue_with(PATIENT).aclose())


def test_an_agent_of_the_market_is_refused(hl_stage):
    agent = hl_stage.market.approve_agent("main", "bot")
    hl_stage.account = AccountId(agent)
    venue = hl_stage.venue_with(PATIENT)
    with pytest.raises(VenueRefused, match="API wallet"):
        asyncio.run(venue.read(AccountId(agent), cursor=None))
    asyncio.run(venue.aclose())


def test_a_quiet_account_takes_three_calls_at_once(hl):
    hl.stub.trade("BTC", "1", "60000")
    hl.clock.advance(60)
    first = hl.read()
    hl.clock.advance(60)
    second = hl.read(cursor=first.cursor)
    hl.stub.forget()
    hl.clock.advance(60)
    hl.read(cursor=second.cursor)
    assert hl.stub.kinds() == ["clearinghouseState", "spotClearinghouseState", "userFillsByTime"]


def test_what_does_not_follow_from_fills_is_believed_the_second_time(hl):
    hl.stub.trade("BTC", "1", "60000")
    assert hl.tie_out().tied_out
    hl.stub.main.positions = [position("BTC", "5", "60000")]
    doubted = hl.tie_out()
    assert [change.kind for change in doubted.changes] == ["invalid"]
    believed = hl.tie_out()
    assert [(change.kind, str(change.after)) for change in believed.changes] == [("increased", "5")]


@pytest.fixture
def settled(hl):
    """Two readings have agreed that one BTC is held."""
    hl.stub.trade("BTC", "1", "60000")
    hl.tie_out()
    assert hl.tie_out().tied_out
    return hl


@pytest.mark.parametrize("size", [None, "5", "0.5", "-1"])
def test_a_state_that_fills_contradict_changes_nothing_however_often_it_comes(settled, size):
    settled.stub.main.positions = [position("BTC", size, "60000")] if size else []
    for _ in range(5):
        plan = settled.tie_out()
        assert not plan.tied_out
        assert {change.kind for change in plan.changes} <= {"invalid"}
    settled.stub.main.positions = [position("BTC", "1", "60000")]
    assert settled.tie_out().tied_out


def test_an_old_state_does_not_bring_back_what_a_fill_has_closed(settled):
    settled.stub.trade("BTC", "-1", "61000")
    settled.stub.main.positions = [position("BTC", "1", "60000")]
    assert [change.kind for change in settled.tie_out().changes] == ["closed"]
    for _ in range(3):
        assert {change.kind for change in settled.tie_out().changes} <= {"invalid"}
    settled.stub.main.positions = []
    assert settled.tie_out().tied_out


def test_what_no_fill_explains_for_a_day_is_believed(settled):
    settled.stub.main.positions = [position("BTC", "5", "60000")]
    settled.tie_out()
    settled.clock.advance(86_400)
    found = settled.read(cursor=settled.cursor)
    assert found.snapshot.complete
    assert only(found).quantity == "5"


def test_a_size_that_cannot_be_read_is_not_said_to_be_zero(settled):
    settled.stub.main.positions = [position("BTC", "1", "60000", szi=None)]
    found = settled.read(cursor=settled.cursor)
    assert found.snapshot.problems == ("BTC is reported without a size, and its fills leave 1",)
    settled.stub.main.positions = [position("BTC", "1", "60000")]
    assert settled.read(cursor=found.cursor).snapshot.complete


def test_a_balance_that_moved_by_itself_is_believed_the_second_time(hl):
    row = {"coin": "HYPE", "token": 150, "hold": "0.0", "entryNtl": "75.0"}
    hl.stub.main.balances = [{**row, "total": "3"}]
    first = hl.read()
    hl.stub.main.balances = [{**row, "total": "3.01"}]  # interest
    second = hl.read(cursor=first.cursor)
    assert second.snapshot.complete
    hl.stub.main.balances = [{**row, "total": "9"}]
    third = hl.read(cursor=second.cursor)
    assert "without a fill or transfer" in third.snapshot.problems[0]
    assert hl.read(cursor=third.cursor).snapshot.complete


def test_a_list_of_dexes_without_the_main_one_is_refused(hl):
    hl.stub.trade("xyz:TSLA", "3", "400")
    hl.stub.dexes = []
    with pytest.raises(VenueReplyInvalid, match="without the main one"):
        hl.read()


def test_a_dex_that_was_traded_on_is_read_though_the_list_lacks_it(hl):
    hl.stub.trade("xyz:TSLA", "3", "400")
    hl.stub.trade("flx:TSLA", "1", "400")
    hl.stub.trade("flx:TSLA", "-1", "400")
    hl.clock.advance(60)
    assert [each.symbol for each in hl.read().snapshot.holdings] == ["xyz:TSLA"]
    assert "clearinghouseState:flx" not in hl.stub.kinds()


HYPE = {"coin": "HYPE", "token": 150, "hold": "0.0", "entryNtl": "75.0"}


def test_a_balance_that_is_back_after_a_reply_that_lacked_it_is_believed_at_once(hl):
    hl.stub.main.balances = [{**HYPE, "total": "3"}]
    first = hl.read()
    hl.stub.main.balances = []
    lacking = hl.read(cursor=first.cursor)
    assert "the balance of HYPE went from 3 to 0" in lacking.snapshot.problems[0]
    hl.stub.main.balances = [{**HYPE, "total": "3"}]
    assert hl.read(cursor=lacking.cursor).snapshot.complete


def test_a_balance_that_its_fills_do_not_lead_to_is_not_believed_at_once(hl):
    hl.stub.main.balances = [{**HYPE, "total": "3"}]
    first = hl.read()
    bought = {"dir": "Buy", "startPosition": "3", "fee": "0.01", "feeToken": "HYPE"}
    hl.clock.advance(60)
    hl.stub.trade("@107", "1", "25", **bought)
    hl.stub.main.positions = []
    hl.clock.advance(60)
    stale = hl.read(cursor=first.cursor)
    assert "the balance of HYPE went from 3 to 3 " in stale.snapshot.problems[0]
    hl.stub.main.balances = [{**HYPE, "total": "3.99"}]
    assert hl.read(cursor=stale.cursor).snapshot.complete


def test_fills_that_are_listed_late_are_no_reason_to_doubt_a_balance(hl):
    hl.stub.main.balances = [{**HYPE, "total": "2.99"}]
    first = hl.read()
    bought = {"dir": "Buy", "startPosition": "0.0", "fee": "0.01", "feeToken": "HYPE"}
    hl.stub.trade("@107", "3", "25", **bought)
    hl.stub.main.positions = []
    hl.clock.advance(60)
    assert hl.read(cursor=first.cursor).snapshot.complete
