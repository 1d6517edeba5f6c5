"""Running a case: the book it starts with, then one tie-out for each step, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from tieout.cases.case import Case
from tieout.cases.output import Json, result_json, tied_out
from tieout.cases.written import written_in
from tieout.core.book import Book
from tieout.core.instrument import LedgerId
from tieout.core.opening import open_book
from tieout.core.plan import Plan
from tieout.core.position import Episode
from tieout.core.rebuilding import bases_after, blank, method_of
from tieout.core.rollforward import fold
from tieout.core.tieout import tie_out

Ended = tuple[LedgerId, Episode]

TIED_OUT, NOT_TIED_OUT, FILE_IS_WRONG = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What came of a case: a plan for each step, the book after all of them, what ended in it."""

    case: Case
    plans: tuple[Plan, ...]
    book: Book
    closed: tuple[Ended, ...]

    @property
    def tied_out(self) -> bool | None:
        """Whether the last snapshot agreed; None where there was none."""
        return tied_out(self.plans)

    @property
    def exit_status(self) -> int:
        """0 where the last step was applied and the last snapshot is tied out, else 1.

        Without any snapshot every step must have been applied.
        """
        if self.tied_out is None:
            is_good = all(plan.outcome == "applied" for plan in self.plans)
        else:
            is_good = self.tied_out and self.plans[-1].outcome == "applied"
        return TIED_OUT if is_good else NOT_TIED_OUT

    def json(self) -> Json:
        """The result as JSON material, without trailing zeros that nobody wrote."""
        result: Json = written_in(self.case).cut(result_json(self.plans, self.book, self.closed))
        return result


def run_case(case: Case) -> Statement:
    """Run every step of a case through the core, each on the book the one before it left."""
    book = open_book(
        case.account,
        case.book,
        instruments=case.instruments,
        policy=case.policy,
        at=case.starts_at,
    )
    plans = []
    for step in case.steps:
        plan = tie_out(
            book,
            step.snapshot,
            step.activities,
            policy=case.policy,
            now=step.at,
            local=step.local,
            approve=step.approve,
        )
        plans.append(plan)
        book = book.after(plan)
    return Statement(case=case, plans=tuple(plans), book=book, closed=ended(book, case))


def ended(book: Book, case: Case) -> tuple[Ended, ...]:
    """The episodes that ended, as the whole history has it now: a late fill may have moved one."""
    bases = book.state.cost_bases or bases_after((), case.policy.cost_basis, now=case.starts_at)
    start = {key: blank(ledger) for key, ledger in book.ledgers.items()}
    facts = [fact for history in book.facts.values() for fact in history]
    folded = fold(start, facts, method=method_of(book.account, bases))
    found = [(key, each) for key, ledger in folded.items() for each in ledger.ended]
    return in_order_of_ending(found)


def in_order_of_ending(found: Sequence[Ended]) -> tuple[Ended, ...]:
    return tuple(
        sorted(found, key=lambda item: (item[1].closed_at, item[1].symbol, item[1].side or ""))
    )
