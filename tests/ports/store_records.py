"""What every BookStore must keep beside the book: what ended, realized, ran and was published."""

from dataclasses import replace
from decimal import Decimal

from ports.store import OTHER, loaded, tell_rest
from store.plans import (
    AAPL,
    ACCOUNT,
    AT,
    FILLED,
    MINUTE,
    REPLIES,
    SOLD,
    STORY,
    TSLA,
    commit_of,
    found,
    next_commit,
    opening,
    run_record,
    tell,
)
from tieout.core.numbers import Amount
from tieout.core.plan import Plan
from tieout.core.pnl import BaseFigure, Figures, Totals, total_of
from tieout.ports import BookStore, Event, Past, RawReply
from tieout.store import verify


def test_an_ended_episode_comes_back_as_it_was(store: BookStore):
    commits = tell(store, runs=3)
    assert store.ended(ACCOUNT.id) == list(commits[2].plan.ended)
    assert store.ended(ACCOUNT.id, ledger=AAPL) == []
    assert store.ended(OTHER.id) == []


def test_a_past_takes_the_place_of_what_was_known(store: BookStore):
    commits = tell(store, runs=4)
    assert store.ended(ACCOUNT.id) == list(commits[3].plan.ended)


def test_an_episode_that_is_open_after_all_is_no_longer_ended(store: BookStore):
    tell(store, runs=3)
    held = next_commit(store, 3).plan
    again = replace(STORY[0]()[0].ledgers[TSLA], totals=held.ledgers[TSLA].totals)
    plan = replace(opening(at=AT + 4 * MINUTE), ledgers={TSLA: again})
    store.commit(commit_of(loaded(store), plan, run="again"))
    assert store.ended(ACCOUNT.id) == []
    assert verify(store, ACCOUNT.id).is_sound


def test_an_episode_deleted_as_missing_leaves_and_does_not_come_back(store: BookStore):
    tell(store, runs=2)
    missing = next_commit(store, 3)
    store.commit(replace(missing, deleted=frozenset([TSLA])))
    assert store.ended(ACCOUNT.id) == []
    assert len(store.realized(ACCOUNT.id)) == 2
    late = next_commit(store, 4)
    (_key, episode) = missing.plan.ended[0]
    before = replace(episode, opened_by="f0")
    past = late.pasts[TSLA]
    past = replace(past, ended=(before, *past.ended))
    store.commit(replace(late, pasts={TSLA: past}))
    assert [episode.reason for _key, episode in store.ended(ACCOUNT.id)] == ["fill"]
    assert verify(store, ACCOUNT.id).is_sound


def test_the_latest_to_close_come_first_and_only_so_many(store: BookStore):
    tell(store, runs=3)
    (key, episode) = next_commit(store, 3).plan.ended[0]
    ended = tuple(
        (key, replace(episode, opened_by=f"e{number}", closed_at=AT + number * MINUTE))
        for number in range(5, 8)
    )
    plan = replace(opening(at=AT + 9 * MINUTE), ended=ended)
    store.commit(commit_of(loaded(store), plan, run="more"))
    closed = [each.opened_by for _key, each in store.ended(ACCOUNT.id, limit=3)]
    assert closed == ["e7", "e6", "e5"]
    assert len(store.ended(ACCOUNT.id)) == 4


def test_realized_lines_add_up_to_what_the_ledgers_realized(store: BookStore):
    tell(store)
    lines = store.realized(ACCOUNT.id)
    total = total_of(Totals({line.currency: line.figures}) for line in lines)
    ledgers = loaded(store).book.ledgers.values()
    assert total.minus(total_of(ledger.totals for ledger in ledgers)).is_nothing
    first = lines[0]
    assert (first.by, first.episode, first.ledger) == ("f4", "f1", AAPL)
    assert first.figures == SOLD.figures
    assert (first.quantity, first.price) == (SOLD.quantity, SOLD.price)


def test_a_closing_that_was_restated_is_taken_back_at_its_own_time(store: BookStore):
    commits = tell(store, runs=4)
    mine = [line for line in store.realized(ACCOUNT.id) if line.ledger == TSLA]
    told = [(line.happened_at, line.known_at, line.by, line.figures.closings) for line in mine]
    known, late = commits[2].plan.at, commits[3].plan.at
    assert told == [
        (FILLED.at, late, "f9", 1),
        (AT + 3 * MINUTE, known, "observed:14", 1),
        (AT + 3 * MINUTE, late, "observed:14", -1),
    ]
    assert mine[1].is_estimated
    assert mine[1].figures.plus(mine[2].figures).is_nothing


def test_the_pnl_of_a_period_is_the_sum_of_its_lines(store: BookStore):
    tell(store)

    def gross(**period):
        lines = store.realized(ACCOUNT.id, **period)
        figures = [line.figures for line in lines if line.currency == "USD"]
        return sum((each.gross.value for each in figures), Decimal(0))

    minute = [AT + number * MINUTE for number in range(8)]
    assert gross() == Decimal("74.5")
    assert gross(since=minute[2], until=minute[3]) == Decimal("74.5")
    assert gross(since=minute[3], until=minute[4]) == 0
    assert gross(since=minute[3], known_at=minute[3]) == -40
    assert gross(until=minute[2]) == 0


def test_money_without_a_closing_has_the_time_of_its_activity(store: BookStore):
    tell(store, runs=5)
    (line,) = [line for line in store.realized(ACCOUNT.id) if line.currency == "USDC"]
    assert (line.by, line.happened_at) == ("u1", AT + 2 * MINUTE)
    assert line.figures == Figures(funding=Decimal("-0.0123"))


def test_ended_positions_can_be_cleared_and_the_journal_stays(store: BookStore):
    tell(store)
    entries = list(store.entries(ACCOUNT.id))
    assert store.clear_ended(FILLED.at) == 0
    assert store.clear_ended(FILLED.at + MINUTE, account=OTHER.id) == 0
    assert store.clear_ended(FILLED.at + MINUTE) == 1
    assert store.ended(ACCOUNT.id) == []
    assert list(store.entries(ACCOUNT.id)) == entries
    assert verify(store, ACCOUNT.id).is_sound
    store.commit(commit_of(loaded(store), opening("MSFT"), run="next"))
    assert verify(store, ACCOUNT.id).is_sound


# Breaks


def test_a_break_is_open_until_it_is_not(store: BookStore):
    tell(store, runs=2)
    assert loaded(store).book.open_breaks == {"b1": found(1)}
    assert store.breaks(ACCOUNT.id) == [found(1)]
    tell_rest(store, 3, 3)
    assert loaded(store).book.open_breaks == {}
    assert store.breaks(ACCOUNT.id) == []
    assert store.breaks(ACCOUNT.id, every=True) == [found(1, seen=2, status="resolved")]
    assert store.breaks(every=True) == store.breaks(ACCOUNT.id, every=True)
    assert store.breaks() == []


def test_breaks_that_a_run_does_not_list_stay_or_go_as_it_says(store: BookStore):
    first, second = found(1), found(2, kind="cost")
    both = {first.id: first, second.id: second}
    plan = replace(opening("A"), breaks=(first, second), open_breaks=both)
    store.commit(commit_of(loaded(store), plan, run="r1"))
    kept = replace(second, status="acknowledged", last_at=AT + MINUTE)
    plan = replace(opening("B"), open_breaks={kept.id: kept})
    store.commit(commit_of(loaded(store), plan, run="r2"))
    assert loaded(store).book.open_breaks == {"b2": kept}
    assert store.breaks(ACCOUNT.id, every=True) == [first, kept]
    assert verify(store, ACCOUNT.id).is_sound


# Runs, evidence and events


def test_a_run_comes_back_with_its_evidence(store: BookStore):
    (commit,) = tell(store, runs=1)
    assert store.run(commit.run.id) == commit.run
    assert store.runs() == [commit.run]
    assert store.evidence(commit.run.id) == list(REPLIES)
    assert store.run("nobody") is None
    assert store.evidence("nobody") == []


def test_the_latest_runs_come_first(store: BookStore):
    mine = [commit.run for commit in tell(store, runs=3)]
    others = [commit.run for commit in tell(store, runs=1, account=OTHER)]
    assert store.runs(ACCOUNT.id) == mine[::-1]
    assert store.runs(ACCOUNT.id, limit=1) == mine[2:]
    assert store.runs(OTHER.id) == others
    assert len(store.runs()) == 4


def test_a_run_that_wrote_nothing_else_is_kept(store: BookStore):
    failed = Plan(outcome="failed", reason="unavailable: no route", tied_out=False, at=AT)
    record = run_record("failed", failed)
    reply = RawReply(call="GET /positions", status=503, received_at=AT, body=b"later")
    store.record_run(ACCOUNT, record, [reply])
    assert store.runs(ACCOUNT.id) == [record]
    assert store.evidence("failed") == [reply]
    assert loaded(store).version == 0
    assert store.accounts() == []
    tell(store, runs=2)
    assert verify(store, ACCOUNT.id).is_sound


def test_evidence_is_forgotten_after_its_time(store: BookStore):
    (commit,) = tell(store, runs=1)
    assert store.forget_evidence(AT) == 0
    assert store.forget_evidence(AT + MINUTE) == 1
    assert store.evidence(commit.run.id) == [REPLIES[1]]
    assert store.run(commit.run.id) == commit.run
    assert verify(store, ACCOUNT.id).is_sound


def test_events_have_growing_ids_and_go_on_after_one(store: BookStore):
    assert store.last_event() == 0
    commits = tell(store, runs=2)
    tell(store, runs=1, account=OTHER)
    every = store.events()
    assert [each.id for each in every] == [1, 2, 3, 4]
    assert [each.event for each in every[:3]] == [*commits[0].events, *commits[1].events]
    assert (every[1].account, every[1].run) == (ACCOUNT.id, commits[1].run.id)
    assert store.events(after=2) == every[2:]
    assert store.events(after=1, limit=1) == every[1:2]
    assert store.last_event() == 4
    assert store.events(after=4) == []


def test_ids_of_forgotten_events_are_not_used_again(store: BookStore):
    tell(store, runs=2)
    assert store.forget_events(AT + 5 * MINUTE) == 3
    assert store.events() == []
    assert store.last_event() == 3
    event = Event(type="run:finished", at=AT + 6 * MINUTE, payload="{}")
    store.commit(commit_of(loaded(store), opening("MSFT"), run="r9", events=(event,)))
    assert [each.id for each in store.events()] == [4]


def test_a_base_figure_comes_back_and_is_taken_back_with_its_closing(store: BookStore):
    tell(store, runs=1)
    base = BaseFigure(
        currency="EUR", net=Amount(Decimal("110.50"), Decimal("0.1")), price=Amount(Decimal(100))
    )
    reduced = next_commit(store, 2).plan
    (change,) = reduced.changes
    told = replace(change, closings=(replace(SOLD, base=base),))
    store.commit(commit_of(loaded(store), replace(reduced, changes=(told,)), run="valued"))
    assert [line.base for line in store.realized(ACCOUNT.id)] == [base]
    again = replace(opening(at=AT + 4 * MINUTE), ledgers={AAPL: reduced.ledgers[AAPL]})
    past = {AAPL: Past(ended=(), closings=(("f1", SOLD),))}
    store.commit(commit_of(loaded(store), again, run="without", pasts=past))
    lines = store.realized(ACCOUNT.id)
    assert {line.base for line in lines} == {base, base.negated(), None}
    assert len(lines) == 3
    assert (
        total_of(Totals({line.currency: line.figures}) for line in lines).of("USD") == SOLD.figures
    )
    assert verify(store, ACCOUNT.id).is_sound


def test_an_episode_comes_back_with_what_it_made_in_base_currency(store: BookStore):
    base = BaseFigure(
        currency="EUR", net=Amount(Decimal("-45.50"), Decimal("0.1")), price=Amount(Decimal(-40))
    )
    tell(store, runs=2)
    missing = next_commit(store, 3)
    ((key, episode),) = missing.plan.ended
    valued = replace(episode, base=base)
    store.commit(replace(missing, plan=replace(missing.plan, ended=((key, valued),))))
    assert store.ended(ACCOUNT.id) == [(key, valued)]
    assert verify(store, ACCOUNT.id).is_sound
