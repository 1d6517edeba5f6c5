"""What a run changes of the past: histories that late news rewrote, rows that leave the table."""

from collections.abc import Iterable, Mapping

from tieout.core.book import Book
from tieout.core.facts import Fact, Happened, is_joining, needs_history
from tieout.core.instrument import LedgerId
from tieout.core.plan import Plan
from tieout.core.position import Ledger
from tieout.core.rebuilding import blank, method_of_book
from tieout.core.rollforward import fold
from tieout.ports import Past
from tieout.runs.order import Drafted


def rewritten(drafted: Drafted) -> dict[LedgerId, Past]:
    """The whole history, as it reads now, of the ledgers to which something came late."""
    book, plan = drafted.stored.book, drafted.plan
    known_late = _late(book, plan)
    if not known_late:
        return {}
    after = book.after(plan)
    late = _with_links(known_late, after.ledgers)
    start = {key: blank(after.ledgers[key]) for key in late}
    facts = [fact for key in late for fact in after.facts.get(key, ())]
    folded = fold(start, facts, method=method_of_book(after))
    return {key: Past(ended=folded[key].ended, closings=folded[key].closings) for key in late}


def _late(book: Book, plan: Plan) -> set[LedgerId]:
    """The ledgers with a new fact that does not simply come after all that were known."""
    late = {fact.ledger for fact in plan.facts if _is_late(fact, book.ledgers.get(fact.ledger))}
    waited = (key for key in plan.ledgers if key in book.ledgers and book.ledgers[key].has_waiting)
    return late.union(waited)


def _is_late(fact: Fact, before: Ledger | None) -> bool:
    """Whether a fact changes what was told before; a rename that joins two ledgers does."""
    if before is None or before.last_at is None:
        return isinstance(fact, Happened) and is_joining(fact)
    return needs_history(fact, before.last_at)


def _with_links(keys: Iterable[LedgerId], ledgers: Mapping[LedgerId, Ledger]) -> set[LedgerId]:
    """The ledgers, and those that a merger or spin-off ties to them."""
    found = set(keys)
    waiting = list(found)
    while waiting:
        for linked in ledgers[waiting.pop()].links:
            if linked not in found:
                found.add(linked)
                waiting.append(linked)
    return found


def deleted(drafted: Drafted) -> frozenset[LedgerId]:
    """The ledgers whose missing position leaves the table, where the policy says so."""
    if drafted.order.policy.on_missing != "delete":
        return frozenset()
    return frozenset(each.ledger for each in drafted.plan.changes if each.reason == "missing")
