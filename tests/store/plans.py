"""Plans made by hand, small enough to see, and a story of six runs in which everything occurs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId
from tieout.core.breaks import Break, BreakId, Cause
from tieout.core.facts import Happened, Observed
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.journal import entries_of
from tieout.core.lots import Lot
from tieout.core.numbers import Amount
from tieout.core.plan import AccountState, Change, Plan
from tieout.core.pnl import NO_TOTALS, Closing, Figures, Totals
from tieout.core.position import Episode, Ledger, Position
from tieout.core.snapshot import Holding
from tieout.ports import Commit, Event, Past, RawReply, RunRecord, StoredBook

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACCOUNT = Account(id=AccountId("main"), venue="alpaca")
AAPL, TSLA, BTC = LedgerId("AAPL"), LedgerId("TSLA|short"), LedgerId("BTC/USD")
LONG_NUMBER = Decimal("12345678901234567890.12345678901234567891")
STOCK = Instrument(symbol="AAPL", venue_ids=("b0b6",), spellings=("APPL",), price_decimals=2)
SHORT = Instrument(symbol="TSLA", expires=date(2026, 12, 18))
COIN = Instrument(symbol="BTC/USD", asset_class="spot")


def position(quantity: Decimal, price: Decimal, *, by: str, at: datetime = AT) -> Position:
    """An open position of one lot, bought for a fee of 0.10."""
    cost = Amount(quantity * price, Decimal("0.333333333333333333333333333333333333"))
    lot = Lot(id=by, quantity=quantity, cost=cost, fees=Amount(Decimal("0.10")), at=at)
    return Position(
        quantity=quantity, lots=(lot,), basis="actual", status="OPEN", opened_at=at, opened_by=by
    )


def ledger(key: LedgerId, instrument: Instrument, held: Position | None, **rest: Any) -> Ledger:
    return Ledger(id=key, instrument=instrument, position=held, last_at=AT, **rest)


def run_record(run: str, plan: Plan, account: Account = ACCOUNT) -> RunRecord:
    return RunRecord(
        id=run,
        account=account.id,
        trigger="manual",
        started_at=plan.at - MINUTE,
        finished_at=plan.at,
        outcome=plan.outcome,
        reason=plan.reason,
        tied_out=plan.tied_out,
        counts={"changes": len(plan.changes)},
        venue_calls=2,
        errors=("row 3 of the snapshot: no quantity",),
        statement='{"steps":[]}',
    )


def commit_of(stored: StoredBook, plan: Plan, *, run: str, **rest: Any) -> Commit:
    """What a run hands to the store for a plan that was made for a stored book."""
    account = stored.book.account
    entries = entries_of(
        plan,
        account=account.id,
        before=stored.book.ledgers,
        run=run,
        sequence=stored.sequence,
        previous=stored.head,
    )
    return Commit(
        account=account,
        version=stored.version,
        plan=plan,
        entries=entries,
        run=run_record(run, plan, account),
        **rest,
    )


def opening(*symbols: str, at: datetime = AT) -> Plan:
    """A plan that opens ten units of each symbol and knows nothing else."""
    held = {
        LedgerId(each): ledger(
            LedgerId(each),
            Instrument(symbol=each),
            position(Decimal(10), Decimal(100), by=f"fill-{each}", at=at),
        )
        for each in symbols
    }
    return Plan(outcome="applied", reason=None, tied_out=True, at=at, ledgers=held)


def fill(symbol: str, key: LedgerId, order: int, quantity: str, price: str) -> Happened:
    at = AT + order * MINUTE
    activity = Activity(
        id=ActivityId(f"f{order}"),
        type="fill",
        symbol=symbol,
        at=at,
        quantity=Decimal(quantity),
        price=Decimal(price),
    )
    return Happened(ledger=key, order=order, at=at, activity=activity)


def closing(by: str, minute: int, quantity: str, gross: str | None, **rest: Any) -> Closing:
    return Closing(
        by=by,
        at=AT + minute * MINUTE,
        quantity=Decimal(quantity),
        price=Decimal(130) if gross else None,
        gross=Amount(Decimal(gross)) if gross else None,
        fees=Amount(Decimal("1.00"), Decimal("0.25")),
        currency="USD",
        **rest,
    )


def totals(*closings: Closing) -> Totals:
    total = NO_TOTALS
    for each in closings:
        total = total.with_figures(each.currency, each.figures)
    return total


def change(kind: Any, key: LedgerId, symbol: str, **rest: Any) -> Change:
    zero = Decimal(0)
    shape = {"before": zero, "after": zero, "average_price": None, "side": None}
    shape |= {"status": "OPEN", "reconciliation": "SYNCED", "currency": "USD"}
    return Change(kind=kind, ledger=key, symbol=symbol, **(shape | rest))


def found(number: int, **rest: Any) -> Break:
    shape: dict[str, Any] = {"kind": "missing_at_broker", "ledger": TSLA, "symbol": "TSLA"}
    shape |= {"first_at": AT, "last_at": AT, "ours": {"quantity": Decimal(-5)}}
    shape |= {"theirs": {"quantity": None}, "remainder": Decimal(5), "side": "short"}
    shape |= {"explanation": (Cause(cause="fill", id=ActivityId("f2"), quantity=Decimal(-5)),)}
    return Break(id=BreakId(f"b{number}"), **(shape | rest))


def _plan(minute: int, **parts: Any) -> Plan:
    at = AT + minute * MINUTE
    state = AccountState(as_of=at, adopted_at=AT, has_history=True, next_order=minute + 10)
    shape = {"outcome": "applied", "reason": None, "tied_out": True, "account": state}
    return Plan(at=at, **(shape | parts))


def _episode(by: str, reason: Any, closings: tuple[Closing, ...], *, is_estimated: bool) -> Episode:
    return Episode(
        symbol="TSLA",
        side="short",
        opened_at=AT + 2 * MINUTE,
        opened_by="f2",
        closed_at=closings[-1].at,
        closed_by=by,
        reason=reason,
        status="CLOSED",
        totals=totals(*closings),
        currency="USD",
        is_estimated=is_estimated,
    )


MARKS = {
    AAPL: Holding("AAPL", "10", "100.00", "131.00", venue_id="b0b6"),
    TSLA: Holding("TSLA", "-5", side="short", problem="no price"),
    BTC: Holding("BTC/USD", str(LONG_NUMBER), "", "61000.123456789012345678"),
}
REPLIES = (
    RawReply(call="GET /positions", status=200, received_at=AT, body=b'[{"symbol": "AAPL"}]' * 50),
    RawReply(call="GET /activities", status=None, received_at=AT + MINUTE, body=b""),
)
ESTIMATE = closing("observed:14", 3, "-5", "-40.00", is_estimated=True)
FILLED = closing("f9", 2, "-5", "-45.5")
SOLD = closing("f4", 2, "4", "120.00")
FUNDING = Totals({"USDC": Figures(funding=Decimal("-0.0123"))})


def _adopted() -> tuple[Plan, dict[str, Any]]:
    plan = _plan(
        1,
        facts=(fill("AAPL", AAPL, 1, "10", "100.00"), fill("TSLA", TSLA, 2, "-5", "400")),
        ledgers={
            AAPL: ledger(AAPL, STOCK, position(Decimal(10), Decimal("100.00"), by="f1")),
            TSLA: ledger(TSLA, SHORT, position(Decimal(-5), Decimal(400), by="f2"), side="short"),
            BTC: ledger(BTC, COIN, position(LONG_NUMBER, Decimal("0.1"), by="f3"), misses=1),
        },
        digests={ActivityId("f1"): "d1", ActivityId("f2"): "d2"},
        marks=MARKS,
    )
    events = (Event(type="run:finished", at=plan.at, payload='{"run":"r1"}'),)
    rest = {"events": events, "evidence": REPLIES, "cursor": "page-1"}
    return plan, {**rest, "instruments": (STOCK, COIN)}


def _reduced() -> tuple[Plan, dict[str, Any]]:
    held = position(Decimal(6), Decimal("100.00"), by="f1")
    held = replace(held, status="REDUCED", totals=totals(SOLD))
    reduced = change("reduced", AAPL, "AAPL", realized=totals(SOLD), closings=(SOLD,), episode="f1")
    missing = found(1)
    plan = _plan(
        2,
        tied_out=False,
        facts=(fill("AAPL", AAPL, 4, "-4", "130.00"),),
        ledgers={AAPL: ledger(AAPL, STOCK, held, totals=totals(SOLD))},
        changes=(reduced,),
        digests={ActivityId("f4"): "d4"},
        breaks=(missing,),
        open_breaks={missing.id: missing},
    )
    events = (
        Event(type="position:changed", at=plan.at, payload='{"symbol":"AAPL"}'),
        Event(type="break:opened", at=plan.at, payload="{}"),
    )
    return plan, {"events": events, "cursor": "page-2"}


def _closed_as_missing() -> tuple[Plan, dict[str, Any]]:
    gone = Observed(ledger=TSLA, order=14, at=AT + 3 * MINUTE, movement=Decimal(5))
    closed = change(
        "closed",
        TSLA,
        "TSLA",
        realized=totals(ESTIMATE),
        closings=(ESTIMATE,),
        reason="missing",
        is_estimated=True,
        episode="f2",
    )
    plan = _plan(
        3,
        facts=(gone,),
        ledgers={TSLA: ledger(TSLA, SHORT, None, side="short", totals=totals(ESTIMATE))},
        changes=(closed,),
        ended=((TSLA, _episode("observed:14", "missing", (ESTIMATE,), is_estimated=True)),),
        breaks=(found(1, seen=2, status="resolved"),),
        marks={**MARKS, AAPL: MARKS[AAPL]._replace(price="131.50")},
    )
    return plan, {}


def _restated() -> tuple[Plan, dict[str, Any]]:
    """A late fill takes the place of the estimate, a minute earlier."""
    difference = totals(FILLED).minus(totals(ESTIMATE))
    episode = _episode("f9", "fill", (FILLED,), is_estimated=False)
    restated = change("restated", TSLA, "TSLA", realized=difference, episode="f2")
    plan = _plan(
        4,
        facts=(fill("TSLA", TSLA, 9, "5", "409"),),
        ledgers={TSLA: ledger(TSLA, SHORT, None, side="short", totals=totals(FILLED))},
        changes=(restated,),
        ended=((TSLA, episode),),
        digests={ActivityId("f9"): "d9"},
    )
    past = Past(ended=(episode,), closings=(("f2", FILLED),))
    return plan, {"pasts": {TSLA: past}}


def _funded() -> tuple[Plan, dict[str, Any]]:
    activity = Activity(
        id=ActivityId("u1"),
        type="funding",
        symbol="BTC/USD",
        at=AT + 2 * MINUTE,
        cash=Decimal("-0.0123"),
        currency="USDC",
    )
    held = replace(position(LONG_NUMBER, Decimal("0.1"), by="f3"), totals=FUNDING)
    plan = _plan(
        5,
        facts=(Happened(ledger=BTC, order=15, at=activity.at, activity=activity),),
        ledgers={BTC: ledger(BTC, COIN, held, totals=FUNDING)},
        changes=(change("restated", BTC, "BTC/USD", realized=FUNDING, episode="f3"),),
        digests={activity.id: "du"},
    )
    return plan, {}


def _marked() -> tuple[Plan, dict[str, Any]]:
    return _plan(6, marks={AAPL: MARKS[AAPL]._replace(price="132")}), {}


STORY = (_adopted, _reduced, _closed_as_missing, _restated, _funded, _marked)


def tell(store: Any, *, runs: int = len(STORY), account: Account = ACCOUNT) -> list[Commit]:
    """Commit the first runs of the story, each on the book that the one before left."""
    return list(_told(store, runs, account))


def _told(store: Any, runs: int, account: Account) -> Iterator[Commit]:
    for number in range(1, runs + 1):
        commit = next_commit(store, number, account=account)
        store.commit(commit)
        yield commit


def next_commit(store: Any, number: int, *, account: Account = ACCOUNT) -> Commit:
    """The commit of one run of the story (from 1), for the book as it is stored."""
    plan, rest = STORY[number - 1]()
    return commit_of(store.load(account), plan, run=f"{account.id}-r{number}", **rest)
