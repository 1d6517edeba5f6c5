"""What a person decided about a break: take the broker's word, keep ours, or live with it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tieout.core.activity import Ratio
from tieout.core.arrivals import breaks_of
from tieout.core.breaks import Break, BreakStatus
from tieout.core.comparison import average_before, infer_split, row_quantity
from tieout.core.draft import Draft
from tieout.core.facts import Fact, Observed, Withdrawn
from tieout.core.instrument import LedgerId
from tieout.core.lots import by_ratio
from tieout.core.matching import known_number, with_row
from tieout.core.numbers import ZERO, subtract
from tieout.core.plan import StepError
from tieout.core.snapshot import Holding, Local

DECISIONS = frozenset(("ignore_break", "accept_broker", "keep_book"))
NEVER_FOLLOWED = frozenset(("cost", "reference"))


def decide(draft: Draft, local: Iterable[Local]) -> dict[str, Break]:
    """Carry out decisions; the breaks they settle, by id."""
    settled: dict[str, Break] = {}
    for decision in local:
        if decision.action not in DECISIONS:
            continue
        found = _meant(draft, decision)
        key = next((each.ledger for each in found if _is_about_a_ledger(draft, each)), None)
        if key is None and decision.action == "keep_book":
            key = draft.names.find(decision.symbol, side=decision.side)
        problem = _problem(decision, found, has_ledger=key is not None)
        if problem is not None:
            draft.errors.append(StepError(symbol=decision.symbol, message=problem))
            continue
        status: BreakStatus = "ignored" if decision.action == "ignore_break" else "resolved"
        for each in found:
            settled[each.id] = replace(each, status=status)
            if decision.action == "accept_broker" and _is_about_a_ledger(draft, each):
                _accept(draft, each)
        if decision.action == "keep_book" and key is not None:
            _keep(draft, key, found, at=decision.at)
    return settled


def _meant(draft: Draft, decision: Local) -> list[Break]:
    """The open breaks that a person decides about: those of the symbol, or of one leg of it."""
    found = breaks_of(draft.book.open_breaks.values(), decision.symbol)
    return [each for each in found if decision.side is None or each.side in (None, decision.side)]


def _problem(decision: Local, found: Sequence[Break], *, has_ledger: bool) -> str | None:
    """Why this cannot be decided, if so: a sum of legs says nothing about any one of them."""
    if decision.action == "accept_broker" and any(each.kind == "side" for each in found):
        return (
            f"the broker does not say which leg of {decision.symbol} differs: "
            "book the missing fill with its side, keep the book or ignore the break"
        )
    if not found and not has_ledger:
        return f"there is no open break in {decision.symbol} to decide about"
    return None


def _is_about_a_ledger(draft: Draft, found: Break) -> bool:
    """Whether a break is about what is held; a contradicted activity is not."""
    return found.ledger is not None and found.ledger in draft.book.ledgers


def _accept(draft: Draft, found: Break) -> None:
    """Follow the broker: what the snapshot showed then is applied as of that time."""
    assert found.ledger is not None
    if found.kind == "reference":
        _take_facts(draft, found.ledger, found.row)
        return
    folded = draft.expected(found.ledger, until=found.last_at)
    ours = folded.quantity
    row = found.row
    theirs = row_quantity(row) if row is not None else ZERO
    mark = draft.book.marks.get(found.ledger)
    last_price = known_number(mark.price) if mark else None
    price = known_number(row.price) if row is not None else None
    if found.kind == "cost":
        draft.add(
            Observed(
                ledger=found.ledger, order=draft.order(), at=found.last_at, takes_average=True,
                average=known_number(row.average_price) if row is not None else None,
            )
        )  # fmt: skip
        return
    if theirs == ours:
        return
    fact = Observed(
        ledger=found.ledger,
        order=draft.order(),
        at=found.last_at,
        movement=subtract(theirs, ours),
        price=price if price is not None else last_price,
        average=known_number(row.average_price) if row is not None else None,
        reason="missing" if row is None else "flat" if not theirs else "unexplained",
    )
    if found.kind == "corporate_action" and row is not None:
        fact = as_split(fact, draft, found.ledger, row)
    draft.add(fact)


def _take_facts(draft: Draft, key: LedgerId, row: Holding | None) -> None:
    """The instrument as the venue tells it, which counts for what was booked before as well."""
    assert row is not None, key
    ledger = draft.ledger(key)
    draft.put(replace(ledger, instrument=with_row(ledger.instrument, row)))
    draft.revalue(key)


def as_split(fact: Observed, draft: Draft, key: LedgerId, row: Holding) -> Observed:
    """The observation as the split that its averages show; its price is the mark by now."""
    folded = draft.expected(key, until=fact.at)
    assert folded.position is not None
    ours = folded.quantity
    ratio = infer_split(
        ours,
        row_quantity(row),
        our_average=folded.position.average_price(folded.instrument),
        average=row.average_price,
        last_average=average_before(draft.book.marks.get(key), ours),
        last_price=None,
        price=known_number(row.price),
        price_decimals=folded.instrument.price_decimals,
    )
    return fact if ratio is None else split_observed(fact, ours=ours, row=row, ratio=ratio)


def split_observed(
    fact: Observed, *, ours: Decimal, row: Holding, ratio: tuple[int, int]
) -> Observed:
    """An unannounced split: the quantity scaled, what is missing sold at the venue's price."""
    new, old = Decimal(ratio[0]), Decimal(ratio[1])
    scaled = by_ratio(ours, new=new, old=old)
    return replace(
        fact,
        movement=subtract(row_quantity(row), scaled),
        average=None,
        ratio=Ratio(new=new, old=old),
        reached=row_quantity(row),
    )


def _keep(draft: Draft, key: LedgerId, found: Sequence[Break], *, at: datetime) -> None:
    """Keep ours: a difference that waits is let be, one that was followed is taken back."""
    ledger = draft.ledger(key)
    row = found[0].row if found else draft.book.marks.get(key)
    has_row = row is not None
    kept = (row.quantity, row.average_price) if has_row and row is not None else (None, None)
    draft.put(replace(ledger, kept=kept))
    followed = _last_followed(draft.book.facts.get(key, ()))
    if followed is not None and not _is_waiting(draft, found):
        draft.add(Withdrawn(ledger=key, order=draft.order(), at=at, target=followed.order))


def _is_waiting(draft: Draft, found: Sequence[Break]) -> bool:
    """Whether the difference is still there: the book has not followed it.

    What is listed as another average or another instrument was never followed.
    """
    of_quantity = [each for each in found if each.kind not in NEVER_FOLLOWED]
    if found and not of_quantity:
        return True
    return any(
        each.kind == "side"
        or (each.ledger is not None and draft.expected(each.ledger).quantity != _theirs(each))
        for each in of_quantity
        if _is_about_a_ledger(draft, each)
    )


def _theirs(found: Break) -> Decimal:
    return row_quantity(found.row) if found.row is not None else ZERO


def _last_followed(facts: Sequence[Fact]) -> Observed | None:
    withdrawn = {fact.target for fact in facts if isinstance(fact, Withdrawn)}
    followed = [
        fact
        for fact in facts
        if isinstance(fact, Observed) and fact.order not in withdrawn and not fact.is_rounding
    ]
    return followed[-1] if followed else None
