"""All pages of an answer, where an exchange says with a cursor that there are more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tieout.venues.ccxt.calls import Calls, Question
from tieout.venues.ccxt.failures import Answer, decoded
from tieout.venues.ccxt.quirks import Echo, at_path, quirks_of
from tieout.venues.ccxt.sdk import Asked
from tieout.venues.ccxt.values import Row
from tieout.venues.http.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The rows of all pages, how many the last one had, and why some may be missing."""

    rows: Sequence[Row]
    last: int
    pages: int
    asked: Asked | None
    problem: str | None = None


async def follow(question: Question, *, calls: Calls, trace: Trace) -> Followed:
    """Ask, and ask on until a page has no cursor or no row. Raises as `Calls.ask` does."""
    cursor = quirks_of(calls.exchange.id).cursor
    answer = await calls.answer(question, trace)
    asked = answer.last.asked if answer.last else None
    rows, found, pages, problem = list(answer.value), answer.value, 1, None
    seen: set[str] = set()
    while (more := _more(answer, cursor)) is not None and cursor is not None and found:
        if more in seen or pages >= calls.limits.pages_max:
            why = "its cursor comes again" if more in seen else f"more than {pages} pages"
            problem = f"{question.words}: {why}, so some rows may be missing"
            break
        seen.add(more)
        onward = replace(question, parameters={**question.parameters, cursor.name: more})
        answer = await calls.answer(onward, trace)
        found = answer.value
        rows += found
        pages += 1
    return Followed(rows=rows, last=len(found), pages=pages, asked=asked, problem=problem)


def _more(answer: Answer, cursor: Echo | None) -> str | None:
    if cursor is None or answer.last is None:
        return None
    return at_path(decoded(answer.last.body), cursor.path)
