"""One run of one account, from top to bottom: lock, fetch, plan, guard, apply, publish.

`run` and `plan_only` go the same way up to the plan, which the guards are part of; only `run`
writes it down.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from tieout.core.errors import StaleVersion, StoreError, fault_of
from tieout.core.instrument import Instrument
from tieout.core.journal import entries_of
from tieout.core.needs import history_needed
from tieout.core.plan import Plan
from tieout.core.tieout import tie_out
from tieout.ports import Commit, Event, RunRecord, StoredBook, Venue
from tieout.runs.apart import apart
from tieout.runs.collector import collector_rests
from tieout.runs.evidence import reply_of
from tieout.runs.fetching import Fetched, fetch
from tieout.runs.instruments import completed, news_of, uncontested, with_news
from tieout.runs.order import Drafted, Finished, Order, Parts
from tieout.runs.records import events_of, failed_record, record_of
from tieout.runs.rewriting import deleted, rewritten


async def run(order: Order, *, venue: Venue | None, parts: Parts) -> Finished:
    """Tie one account out and write it down. Raises AccountBusy while another run goes on.

    Without a venue nothing is read: a person's decisions and bookings are applied.
    """
    with parts.store.lease(order.account.id):
        started_at = parts.clock.now()
        name = parts.name_run(started_at)
        try:
            await parts.begins(order)
            fetched = await _fetched(order, venue, parts)
            drafted = _drafted(order, name, started_at, fetched, parts)
            return await apart(partial(write, drafted, parts))
        except Exception as error:
            await apart(partial(_keep_failure, order, name, started_at, error, parts))
            raise


async def plan_only(order: Order, *, venue: Venue | None, parts: Parts) -> Finished:
    """What `run` would do now, without doing it."""
    started_at = parts.clock.now()
    fetched = await _fetched(order, venue, parts)
    drafted = _drafted(order, parts.name_run(started_at), started_at, fetched, parts)
    return _finished(drafted, record_of(drafted, finished_at=parts.clock.now(), parts=parts))


async def _fetched(order: Order, venue: Venue | None, parts: Parts) -> Fetched:
    if venue is None:
        return Fetched()
    cursor = parts.store.load(order.account).cursor
    return await fetch(venue, order.account.id, cursor=cursor, deadline_s=parts.deadline_s)


@collector_rests()
def _drafted(
    order: Order, name: str, started_at: datetime, fetched: Fetched, parts: Parts
) -> Drafted:
    """The plan for what was read, made from the book as it is now."""
    arrived = [activity.id for activity in fetched.activities]
    stored = parts.store.load(order.account, activity_ids=arrived)
    fetched = completed(fetched, book=stored.book, declared=order.declared)
    told = uncontested(fetched.instruments, book=stored.book, declared=order.declared)
    fetched = replace(fetched, instruments=told)
    news = news_of(stored.book, told)
    stored = _with_history(stored, order, fetched, news, parts)
    plan = tie_out(
        stored.book,
        fetched.snapshot,
        fetched.activities,
        policy=order.policy,
        now=parts.clock.now(),
        local=order.local,
        approve=order.approve,
    )
    return Drafted(
        order=order,
        run=name,
        started_at=started_at,
        stored=stored,
        fetched=fetched,
        plan=plan,
        instruments=news,
    )


def _with_history(
    stored: StoredBook,
    order: Order,
    fetched: Fetched,
    news: tuple[Instrument, ...],
    parts: Parts,
) -> StoredBook:
    """The book with the new instruments, and the facts of the ledgers to be folded again."""
    book = with_news(stored.book, news)
    needed = history_needed(book, fetched.snapshot, fetched.activities, order.local)
    if needed:
        book = replace(book, facts=parts.store.history(order.account.id, needed))
    return replace(stored, book=book)


@collector_rests()
def write(drafted: Drafted, parts: Parts) -> Finished:
    """Write everything in one transaction, then tell the world."""
    record = record_of(drafted, finished_at=parts.clock.now(), parts=parts)
    events = events_of(
        drafted.plan,
        account=drafted.order.account.id,
        run=drafted.run,
        before=drafted.stored.book,
    )
    try:
        parts.store.commit(_commit_of(drafted, record, events))
    except StaleVersion as error:
        return _discarded(drafted, error, parts)
    parts.publish(drafted.order.account.id, events)
    return _finished(drafted, record)


def _commit_of(drafted: Drafted, record: RunRecord, events: tuple[Event, ...]) -> Commit:
    stored, plan, fetched = drafted.stored, drafted.plan, drafted.fetched
    entries = entries_of(
        plan,
        account=drafted.order.account.id,
        before=stored.book.ledgers,
        run=drafted.run,
        sequence=stored.sequence,
        previous=stored.head,
    )
    # A failed or rejected run used no activities, so the next one asks for them again.
    is_used = plan.outcome in ("applied", "partial", "held") and fetched.cursor is not None
    return Commit(
        account=drafted.order.account,
        version=stored.version,
        plan=plan,
        entries=entries,
        run=record,
        instruments=drafted.instruments,
        cursor=fetched.cursor if is_used else stored.cursor,
        evidence=(*fetched.evidence, reply_of(drafted)),
        events=events,
        pasts=rewritten(drafted),
        deleted=deleted(drafted),
    )


def _discarded(drafted: Drafted, error: StaleVersion, parts: Parts) -> Finished:
    """Somebody else committed first: nothing of this run counts but its record."""
    finished_at = parts.clock.now()
    record = failed_record(
        drafted.order, drafted.run, drafted.started_at, finished_at, message=str(error)
    )
    parts.store.record_run(drafted.order.account, record, drafted.fetched.evidence)
    before = drafted.stored.book
    nothing = Plan(
        outcome="failed",
        reason=str(error),
        tied_out=False,
        at=finished_at,
        account=before.state,
        open_breaks=before.open_breaks,
    )
    return Finished(record=record, plan=nothing, before=before, after=before)


def _keep_failure(
    order: Order, name: str, started_at: datetime, error: Exception, parts: Parts
) -> None:
    """Keep the record of a run that ended in an error, if the store still takes one."""
    message = str(fault_of(error)) or type(error).__name__
    record = failed_record(order, name, started_at, parts.clock.now(), message=message)
    try:
        parts.store.record_run(order.account, record, ())
    except StoreError as again:
        error.add_note(f"the run could not be recorded either: {again}")


def _finished(drafted: Drafted, record: RunRecord) -> Finished:
    before = drafted.stored.book
    after = before.after(drafted.plan)
    return Finished(record=record, plan=drafted.plan, before=before, after=after)
