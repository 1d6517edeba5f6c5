"""What every BookStore must do. Run by each implementation, which gives the fixture `store`."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from store.plans import (
    AAPL,
    ACCOUNT,
    AT,
    BTC,
    COIN,
    LONG_NUMBER,
    MARKS,
    MINUTE,
    STOCK,
    STORY,
    TSLA,
    commit_of,
    fill,
    next_commit,
    opening,
    tell,
)
from tieout.core.activity import ActivityId
from tieout.core.book import Account, AccountId
from tieout.core.errors import StaleVersion, StoreError
from tieout.core.facts import Happened
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.journal import GENESIS, check_chain
from tieout.core.plan import AccountState, Held
from tieout.core.snapshot import Snapshot
from tieout.ports import AccountBusy, BookStore
from tieout.store import verify

OTHER = Account(id=AccountId("other"), venue="ibkr", currency="EUR", history="partial")


def loaded(store, *ids: str):
    return store.load(ACCOUNT, activity_ids=[ActivityId(each) for each in ids])


def test_an_account_without_a_book_has_an_empty_one(store: BookStore):
    stored = loaded(store, "f1")
    assert stored.version == 0
    assert (stored.sequence, stored.head, stored.cursor) == (0, GENESIS, None)
    assert not stored.book.ledgers
    assert not stored.book.marks
    assert not stored.book.digests
    assert stored.book.account == ACCOUNT
    assert list(store.entries(ACCOUNT.id)) == []
    assert store.accounts() == []


def test_a_book_comes_back_as_it_was_committed(store: BookStore):
    (commit,) = tell(store, runs=1)
    stored = loaded(store)
    assert dict(stored.book.ledgers) == dict(commit.plan.ledgers)
    assert stored.book.marks == MARKS
    assert stored.book.state == commit.plan.account
    assert stored.book.instruments == (STOCK, COIN)
    assert stored.version == 1
    assert stored.cursor == "page-1"
    assert (stored.sequence, stored.head) == (4, commit.entries[-1].hash)


def test_a_number_keeps_all_of_its_forty_digits(store: BookStore):
    tell(store, runs=1)
    held = loaded(store).book.ledgers[BTC].position
    assert held is not None
    assert str(held.quantity) == str(LONG_NUMBER)
    assert str(held.lots[0].cost.quotient) == "0.333333333333333333333333333333333333"
    assert loaded(store).book.marks[BTC].quantity == str(LONG_NUMBER)


def test_the_version_counts_the_commits(store: BookStore):
    commits = tell(store)
    assert [commit.version for commit in commits] == [0, 1, 2, 3, 4, 5]
    assert loaded(store).version == 6


def test_a_cursor_stays_until_there_is_a_new_one(store: BookStore):
    tell(store, runs=3)
    assert loaded(store).cursor == "page-2"


def test_marks_stay_where_a_run_has_none(store: BookStore):
    tell(store, runs=2)
    assert loaded(store).book.marks == MARKS
    tell_rest(store, 3, 6)
    assert loaded(store).book.marks == {AAPL: MARKS[AAPL]._replace(price="132")}


def tell_rest(store: BookStore, first: int, last: int) -> None:
    for number in range(first, last + 1):
        store.commit(next_commit(store, number))


def test_only_the_activities_that_are_asked_for_are_told(store: BookStore):
    tell(store)
    assert loaded(store).book.digests == {}
    assert loaded(store, "f1", "f9", "new").book.digests == {"f1": "d1", "f9": "d9"}
    many = [f"x{number}" for number in range(5000)]
    assert loaded(store, *many, "f4").book.digests == {"f4": "d4"}


def test_an_activity_cannot_be_taken_twice(store: BookStore):
    tell(store, runs=1)
    again = replace(opening("MSFT"), digests={ActivityId("f1"): "d1"})
    with pytest.raises(StoreError):
        store.commit(commit_of(loaded(store), again, run="again"))
    assert loaded(store).version == 1
    assert "MSFT" not in loaded(store).book.ledgers


def test_accounts_do_not_see_one_another(store: BookStore):
    tell(store, runs=2)
    tell(store, runs=1, account=OTHER)
    assert store.accounts() == [ACCOUNT, OTHER]
    assert loaded(store).version == 2
    other = store.load(OTHER)
    assert other.version == 1
    assert other.book.account == OTHER
    assert other.book.open_breaks == {}
    assert {entry.account for entry in store.entries(OTHER.id)} == {"other"}


def test_an_account_is_shown_as_it_was_last_committed(store: BookStore):
    tell(store, runs=1)
    renewed = replace(ACCOUNT, currency="EUR", history="partial")
    store.commit(commit_of(store.load(renewed), opening("MSFT"), run="r2"))
    assert store.accounts() == [renewed]


# Fencing


def test_of_two_commits_for_one_version_the_second_is_refused(store: BookStore):
    tell(store, runs=1)
    first = commit_of(loaded(store), opening("MSFT"), run="first")
    second = commit_of(loaded(store), opening("NVDA"), run="second")
    assert store.commit(first) == 2
    with pytest.raises(StaleVersion, match="somebody else wrote first"):
        store.commit(second)
    assert "NVDA" not in loaded(store).book.ledgers
    assert store.run("second") is None
    assert store.commit(next_commit(store, 2)) == 3


def test_of_two_first_commits_the_second_is_refused(store: BookStore):
    first = commit_of(loaded(store), opening("MSFT"), run="first")
    second = commit_of(loaded(store), opening("NVDA"), run="second")
    store.commit(first)
    with pytest.raises(StaleVersion):
        store.commit(second)


def test_a_lease_keeps_a_second_run_out_until_it_ends(store: BookStore):
    with store.lease(ACCOUNT.id):
        with pytest.raises(AccountBusy, match="main is being synced") as busy:
            store.lease(ACCOUNT.id).__enter__()
        with store.lease(OTHER.id):
            pass
    assert busy.value.code == "account_busy"
    with store.lease(ACCOUNT.id):
        pass


def test_a_lease_ends_with_an_error_too(store: BookStore):
    with pytest.raises(ZeroDivisionError), store.lease(ACCOUNT.id):
        raise ZeroDivisionError
    with store.lease(ACCOUNT.id):
        pass


# The journal and past states


def test_the_journal_is_a_chain_that_ends_at_the_head(store: BookStore):
    commits = tell(store)
    entries = list(store.entries(ACCOUNT.id))
    assert entries == [entry for commit in commits for entry in commit.entries]
    stored = loaded(store)
    assert check_chain(entries) == (stored.sequence, stored.head)


def test_entries_can_be_read_from_a_place_and_for_one_ledger(store: BookStore):
    tell(store)
    every = list(store.entries(ACCOUNT.id))
    assert list(store.entries(ACCOUNT.id, after=10)) == every[10:]
    mine = [entry for entry in every if entry.ledger == AAPL]
    assert list(store.entries(ACCOUNT.id, ledger=AAPL)) == mine
    assert list(store.entries(ACCOUNT.id, ledger=AAPL, after=1)) == mine[1:]


def test_a_long_journal_is_read_to_its_end(store: BookStore):
    symbols = [f"S{number}" for number in range(1200)]
    store.commit(commit_of(loaded(store), opening(*symbols), run="many"))
    assert [entry.sequence for entry in store.entries(ACCOUNT.id)] == list(range(1, 1202))
    assert list(loaded(store).book.ledgers) == symbols


def test_the_history_of_a_ledger_is_its_facts_in_order_of_arrival(store: BookStore):
    tell(store)
    every = store.history(ACCOUNT.id)
    assert [fact.order for fact in every[TSLA]] == [2, 14, 9]
    assert every[AAPL][0] == fill("AAPL", AAPL, 1, "10", "100.00")
    asked = store.history(ACCOUNT.id, [TSLA, LedgerId("NVDA")])
    assert asked == {TSLA: every[TSLA], "NVDA": ()}


def test_a_past_state_is_what_was_known_then(store: BookStore):
    commits = tell(store)
    at = {number: commit.plan.at for number, commit in enumerate(commits, start=1)}
    assert store.ledgers_as_of(ACCOUNT.id, at[1] - MINUTE) == {}
    first = store.ledgers_as_of(ACCOUNT.id, at[1])
    assert first == dict(commits[0].plan.ledgers)
    third = store.ledgers_as_of(ACCOUNT.id, at[3] + MINUTE / 2)
    assert third[AAPL] == commits[1].plan.ledgers[AAPL]
    assert third[TSLA] == commits[2].plan.ledgers[TSLA]
    assert store.ledgers_as_of(ACCOUNT.id, at[6]) == dict(loaded(store).book.ledgers)


def test_an_entry_of_facts_alone_leaves_the_ledger_as_it_was(store: BookStore):
    (first,) = tell(store, runs=1)
    plan = replace(opening(at=AT + 5 * MINUTE), facts=(fill("AAPL", AAPL, 8, "1", "1"),))
    store.commit(commit_of(loaded(store), plan, run="facts"))
    assert store.ledgers_as_of(ACCOUNT.id, plan.at)[AAPL] == first.plan.ledgers[AAPL]
    assert loaded(store).book.ledgers[AAPL] == first.plan.ledgers[AAPL]
    assert verify(store, ACCOUNT.id).is_sound


def test_facts_can_be_cut_by_when_they_happened_and_when_we_knew(store: BookStore):
    tell(store)
    until = AT + 9 * MINUTE
    facts = store.facts_until(ACCOUNT.id, until - MINUTE)
    assert [fact.order for fact in facts[TSLA]] == [2, 14]
    facts = store.facts_until(ACCOUNT.id, until)
    assert [fact.order for fact in facts[TSLA]] == [2, 14, 9]
    facts = store.facts_until(ACCOUNT.id, until, known_at=AT + 3 * MINUTE)
    assert [fact.order for fact in facts[TSLA]] == [2, 14]
    assert BTC not in facts


def test_every_field_of_a_fact_comes_back(store: BookStore):
    commits = tell(store)
    facts = [fact for commit in commits for fact in commit.plan.facts]
    stored = [fact for facts in store.history(ACCOUNT.id).values() for fact in facts]
    assert sorted(stored, key=lambda fact: fact.order) == sorted(facts, key=lambda each: each.order)
    funding = store.history(ACCOUNT.id, [BTC])[BTC][0]
    assert isinstance(funding, Happened)
    assert funding.activity.cash == Decimal("-0.0123")


# Instruments, states and times


def test_instruments_are_renewed_by_what_is_told(store: BookStore):
    tell(store, runs=1)
    renewed = replace(STOCK, spellings=("APPL", "AAPL.US"))
    other = Instrument(symbol="AAPL", venue_ids=("another",))
    plan = opening("MSFT")
    store.commit(commit_of(loaded(store), plan, run="r2", instruments=(renewed, other)))
    assert loaded(store).book.instruments == (COIN, renewed, other)


def test_a_held_snapshot_waits_in_the_account(store: BookStore):
    snapshot = Snapshot(as_of=AT, holdings=tuple(MARKS.values()), complete=False, problems=("?",))
    state = AccountState(as_of=AT, held=Held(snapshot=snapshot, ledgers=(AAPL, TSLA)))
    plan = replace(opening("A"), outcome="held", reason="too many", account=state)
    store.commit(commit_of(loaded(store), plan, run="r1"))
    assert loaded(store).book.state == state


def test_a_time_keeps_its_microseconds(store: BookStore):
    at = AT + timedelta(microseconds=1)
    store.commit(commit_of(loaded(store), opening("A", at=at), run="r1"))
    assert loaded(store).book.ledgers[LedgerId("A")].position.opened_at == at
    assert next(iter(store.entries(ACCOUNT.id))).known_at == at
    assert store.ledgers_as_of(ACCOUNT.id, at - timedelta(microseconds=1)) == {}
    assert set(store.ledgers_as_of(ACCOUNT.id, at)) == {"A"}


def test_a_sound_book_verifies(store: BookStore):
    for runs in range(1, len(STORY) + 1):
        store.commit(next_commit(store, runs))
        report = verify(store, ACCOUNT.id)
        assert report.problems == ()
    assert (report.anchor.sequence, report.anchor.head) == (13, loaded(store).head)
    assert verify(store, OTHER.id).is_sound


def test_every_account_of_which_there_is_something_can_be_verified(store: BookStore):
    assert store.inspected() == []
    tell(store, runs=1)
    tell(store, runs=1, account=OTHER)
    assert store.inspected() == [ACCOUNT.id, OTHER.id]


def test_an_account_that_was_renewed_verifies(store: BookStore):
    tell(store, runs=1)
    renewed = replace(ACCOUNT, currency="EUR", history="partial")
    other = replace(COIN, spellings=("XBT/USD",))
    plan = opening("MSFT")
    store.commit(commit_of(store.load(renewed), plan, run="r2", cursor="p9", instruments=(other,)))
    assert verify(store, ACCOUNT.id).problems == ()
    store.commit(commit_of(store.load(renewed), opening("NVDA"), run="r3"))
    assert verify(store, ACCOUNT.id).problems == ()
