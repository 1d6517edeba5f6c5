"""Trades of a span of time without a gap, whatever end of it an exchange begins with.

A cursor is followed to its end. A page that is not full, or that reaches beyond one of its two
times, is all there is between them then. One that is full is asked for again in two halves, so
that it does not matter which end of it the exchange left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tieout.venues.ccxt.calls import Calls, Question
from tieout.venues.ccxt.following import follow
from tieout.venues.ccxt.foreign import is_asked
from tieout.venues.ccxt.positions import Markets
from tieout.venues.ccxt.quirks import Quirks
from tieout.venues.ccxt.values import Row
from tieout.venues.http.trace import Trace
from tieout.venues.moments import EPOCH, MILLISECOND

Span = tuple[int, int]


@dataclass(slots=True)
class Pages:
    """What was read so far; `problems` say where something may be missing."""

    rows: dict[tuple[Any, Any], Row] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One list of trades: those of a symbol, of a market type, or all."""

    symbol: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return self.symbol or " ".join(self.parameters.values()) or "all markets"


async def read_all(
    series: Series, span: Span, *, calls: Calls, quirks: Quirks, pages: Pages, trace: Trace
) -> None:
    """Every trade of the span, both ends included."""
    spans = list(_windows(span, quirks.window))
    while spans:
        start, end = spans.pop()
        if pages.asked >= calls.limits.pages_max:
            pages.problems.append(
                f"trades of {series.words}: more than {pages.asked} pages; set history_days lower"
            )
            return
        answer = await follow(_question(series, start, end, quirks), calls=calls, trace=trace)
        found = answer.rows
        pages.asked += answer.pages
        pages.problems += [answer.problem] if answer.problem is not None else []
        rows = [row for row in found if start <= (row.get("timestamp") or start) <= end]
        for row in rows:
            pages.rows[row.get("symbol"), row.get("id") or id(row)] = row
        pages.problems += _of_another_kind(series, rows, calls.exchange.markets)
        if answer.last < quirks.page or len(rows) < len(found):
            continue
        if end - start <= 1:
            pages.problems.append(
                f"trades of {series.words}: a full page within one millisecond, {start}"
            )
            continue
        middle = _middle(rows, start, end)
        spans += [(start, middle), (middle, end)]


def _of_another_kind(series: Series, rows: list[Row], markets: Markets) -> list[str]:
    """Rows of another market, or contracts that ccxt took for coins of the same name."""
    found = (markets.get(str(row.get("symbol"))) for row in rows)
    wrong = [each for each in found if each and not is_asked(each, series.parameters)]
    return [f"trades of {series.words}: {wrong[0]['symbol']} is among them"] if wrong else []


def _question(series: Series, start: int, end: int, quirks: Quirks) -> Question:
    parameters: dict[str, Any] = dict(series.parameters)
    limit: int | None = quirks.page
    if quirks.before is None:
        parameters["until"] = end
    else:
        # What ends there is left out, and its own text of a time is asked for.
        parameters[quirks.before] = _iso(end + 1)
        limit = None
    return Question(
        method="fetch_my_trades", arguments=(series.symbol, start, limit), parameters=parameters
    )


def _middle(rows: list[Row], start: int, end: int) -> int:
    """A time between, with half of the rows on each side where that is possible."""
    times = sorted(row["timestamp"] for row in rows if row.get("timestamp"))
    middle = int(times[len(times) // 2]) if times else start
    return middle if start < middle < end else (start + end) // 2


def _windows(span: Span, window: timedelta | None) -> Iterator[Span]:
    """The span in pieces that may be asked for, the newest first."""
    start, end = span
    if window is None:
        yield span
        return
    length = window // timedelta(milliseconds=1) - 1
    while end > start:
        yield max(start, end - length), end
        end = max(start, end - length)


def _iso(milliseconds: int) -> str:
    at = EPOCH + milliseconds * MILLISECOND
    return f"{at:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
