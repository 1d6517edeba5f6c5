"""A person decides: a held run is approved or rejected, a break is settled."""

from dataclasses import replace

from tieout.core.activity import Side
from tieout.core.arrivals import breaks_of
from tieout.core.breaks import Break
from tieout.core.errors import TieoutError
from tieout.core.plan import AccountState, Plan
from tieout.core.snapshot import Local, LocalAction
from tieout.ports import BookStore, RunRecord
from tieout.runs.fetching import Fetched
from tieout.runs.order import Drafted, Finished, Order, Parts
from tieout.runs.run import run, write

RUNS_LOOKED_AT = 1000


class NothingHeld(TieoutError):
    """The run that was named does not wait for a person (any more)."""

    code = "nothing_held"


def held_run(store: BookStore, order: Order) -> RunRecord:
    """The latest run that was held and still waits."""
    if store.load(order.account).book.state.held is None:
        raise NothingHeld(f"no run of {order.called} waits for approval")
    for record in store.runs(order.account.id, limit=RUNS_LOOKED_AT):
        if record.outcome == "held":
            return record
    raise NothingHeld(f"the held run of {order.called} is not among the latest runs")


def _check_waiting(order: Order, run_id: str, parts: Parts) -> None:
    waiting = held_run(parts.store, order)
    if waiting.id != run_id:
        raise NothingHeld(f"run {run_id} does not wait for approval; {waiting.id} does")


async def approve(order: Order, run_id: str, *, parts: Parts) -> Finished:
    """Believe the held snapshot after all: a run of its own closes what it listed."""
    _check_waiting(order, run_id, parts)
    approving = replace(order, trigger="approval", approve=True)
    return await run(approving, venue=None, parts=parts)


def reject(order: Order, run_id: str, *, parts: Parts) -> Finished:
    """Discard the held snapshot, and the breaks that nothing else showed. The book stays as it is;
    the next run reads anew.
    """
    with parts.store.lease(order.account.id):
        _check_waiting(order, run_id, parts)
        started_at = parts.clock.now()
        stored = parts.store.load(order.account)
        held = stored.book.state.held
        unread = [
            replace(each, status="resolved")
            for each in stored.book.open_breaks.values()
            if held is not None and each.ledger in held.ledgers and is_only_held(each)
        ]
        gone = {each.id for each in unread}
        plan = Plan(
            outcome="rejected",
            reason=f"the snapshot of run {run_id} was rejected by a person",
            tied_out=None,
            at=started_at,
            breaks=tuple(unread),
            events=("break:resolved",) if unread else (),
            closed_breaks=tuple(gone),
            account=replace(stored.book.state, held=None),
            open_breaks={
                key: each for key, each in stored.book.open_breaks.items() if key not in gone
            },
        )
        drafted = Drafted(
            order=replace(order, trigger="approval"),
            run=parts.name_run(started_at),
            started_at=started_at,
            stored=stored,
            fetched=Fetched(),
            plan=plan,
            instruments=(),
        )
        return write(drafted, parts)


async def settle(order: Order, found: Break, action: LocalAction, *, parts: Parts) -> Finished:
    """Apply a person's decision about a break: accept_broker, keep_book or ignore_break."""
    if found.symbol is None:
        raise NothingHeld(f"{found.kind} is about the whole source; it ends with the next good run")
    if action == "accept_broker":
        _check_read(order, found.symbol, parts)
    side: Side | None = found.side
    decision = Local(action=action, symbol=found.symbol, side=side, at=parts.clock.now())
    deciding = replace(order, trigger="decision", local=(decision,))
    return await run(deciding, venue=None, parts=parts)


def _check_read(order: Order, symbol: str, parts: Parts) -> None:
    """Nothing is accepted on the word of a snapshot that was rejected."""
    book = parts.store.load(order.account).book
    found = breaks_of(book.open_breaks.values(), symbol)
    if any(is_of_rejected(each, book.state) for each in found):
        raise NothingHeld(
            f"{symbol} was missing from a snapshot that was rejected, so there is no word of the "
            "broker to accept; `tieout sync` reads anew"
        )


def is_only_held(found: Break) -> bool:
    """Whether no snapshot that was applied has shown this break."""
    return found.kind == "missing_at_broker" and found.seen == 0


def is_of_rejected(found: Break, state: AccountState) -> bool:
    """Whether a break was last shown by a held snapshot that does not wait any more, and no newer
    one has been applied.
    """
    is_newest = state.as_of is None or found.last_at > state.as_of
    is_unread = is_newest or (is_only_held(found) and found.status == "open")
    return found.kind == "missing_at_broker" and state.held is None and is_unread
