"""A series of an account by time (fills, funding, transfers), read page by page without a gap.

A reply holds at most 2,000 fills or 500 other rows, and several rows have the same millisecond.
So the next page begins at the time of the last row and not after it, rows are told apart by their
content, and only a page that brings nothing new ends the reading. Which end of a longer series a
full page shows is not documented, so what lies before a full page is asked for as well.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from tieout.venues.http.trace import Trace
from tieout.venues.hyperliquid.exchange import Calls, Question
from tieout.venues.hyperliquid.limits import AHEAD_MAX
from tieout.venues.moments import milliseconds_of

FULL_ROWS = 500


class Timed(Hashable, Protocol):
    """A row that happened at a millisecond."""

    @property
    def time(self) -> int: ...


Row = TypeVar("Row", bound=Timed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Generic[Row]):
    """How far a series was read before: up to `at`, where the rows with the ids `seen` were."""

    at: int | None
    seen: frozenset[str]
    id_of: Callable[[Row], str]

    def is_news(self, row: Row) -> bool:
        """Whether a row was not there before; without ids, whether it is later."""
        if self.at is None or row.time > self.at:
            return True
        return row.time == self.at and bool(self.seen) and self.id_of(row) not in self.seen


class Series(Generic[Row]):
    """One reading of a series; `continue_reading` adds what has come since.

    `is_unfinished` says that there is more than one reading may fetch.
    """

    def __init__(
        self,
        calls: Calls,
        question: Question,
        decode: Callable[[bytes], list[Row | str]],
        *,
        mark: Mark[Row],
        trace: Trace,
    ) -> None:
        self._calls = calls
        self._question = question
        self._decode = decode
        self._mark = mark
        self._trace = trace
        self._seen: set[Row | str] = set()
        self._pages_left = calls.limits.pages_max
        self._is_stuck = False
        self._rows: list[Row] = []
        self.is_unfinished = False
        self.problems: list[str] = []

    @property
    def rows(self) -> list[Row]:
        """What has come, oldest first; rows of one millisecond in the order of the reply."""
        return sorted(self._rows, key=lambda row: row.time)

    @property
    def news(self) -> list[Row]:
        """Those of the rows that were not there before."""
        return [row for row in self.rows if self._mark.is_news(row)]

    @property
    def latest(self) -> int | None:
        """Where the next reading starts; after one that got stuck, where this one did."""
        if self._is_stuck or not self._rows:
            return self._mark.at
        return max(row.time for row in self._rows)

    async def read(self, *, is_continued: bool = False) -> int:
        """Everything since the mark; how many rows are news.

        Where the reading `is_continued` after news, that it has come to the end is seen then.
        The rows at the mark have to come again. Where nothing tells them apart (`seen`), a reply
        without any of that time is not this series, or not at these times, and is not used.
        """
        news = await self._forward(self._mark.at or 0, is_continued=is_continued)
        is_checked = self._mark.at is not None and not self._mark.seen
        if not is_checked or any(row.time == self._mark.at for row in self._rows):
            return news
        self._rows.clear()
        self.problems.append(f"{self._question.kind}: what was read before is not listed again")
        return 0

    async def continue_reading(self) -> int:
        """What has come since; how many rows are new."""
        return await self._forward(
            max((row.time for row in self._rows), default=self._mark.at or 0)
        )

    async def _forward(self, start: int, *, is_continued: bool = False) -> int:
        before = len(self.news)
        while True:
            page, fresh = await self._page(start, None)
            times = [row.time for row in page]
            if len(page) >= FULL_ROWS:
                await self._fill_in(start, min(times))
            is_left = is_continued and len(page) < FULL_ROWS
            if self.is_unfinished or self._is_end(page, fresh, start) or is_left:
                return len(self.news) - before
            start = max(times)

    async def _fill_in(self, start: int, end: int) -> None:
        """What lies before a full page, should it have shown the newest end."""
        while start < end and not self.is_unfinished:
            page, fresh = await self._page(start, end)
            if not fresh:
                return
            end = min(row.time for row in page)
        # What is left out here is older than what was read: the next reading starts over.
        self._is_stuck = self._is_stuck or self.is_unfinished

    def _is_end(self, page: Sequence[Row], fresh: Sequence[Row], start: int) -> bool:
        """Whether a page brought nothing new; a full one within one millisecond is no end."""
        if len(page) >= FULL_ROWS and all(row.time == start for row in page):
            self._is_stuck = True
            self.problems.append(
                f"{self._question.kind}: a millisecond ({start}) has more rows than a reply holds"
            )
            return True
        return not any(self._mark.is_news(row) for row in fresh)

    async def _page(self, start: int, end: int | None) -> tuple[list[Row], list[Row]]:
        """One page: its rows, and those that are new."""
        if not self._pages_left:
            self.is_unfinished = True
            self.problems.append(
                f"{self._question.kind}: there are more than {self._calls.limits.pages_max} "
                "pages; the next run reads on"
            )
            return [], []
        self._pages_left -= 1
        question = replace(self._question, start=start, end=end)
        answered, _ = await self._calls.ask(question, self._decode, trace=self._trace)
        found = self._in_time(answered, question)
        fresh = [row for row in dict.fromkeys(found) if row not in self._seen]
        self._seen.update(fresh)
        readable = [row for row in fresh if not isinstance(row, str)]
        self._rows.extend(readable)
        self.problems += [f"{self._question.kind}: {row}" for row in fresh if isinstance(row, str)]
        return [row for row in found if not isinstance(row, str)], readable

    def _in_time(self, rows: Sequence[Row | str], question: Question) -> list[Row | str]:
        """The rows without those of a time that was not asked for, or has not come yet.

        Whoever sends such rows has a wrong clock; under their times they would count twice.
        """
        latest = milliseconds_of(self._calls.now() + AHEAD_MAX)
        end = latest if question.end is None else min(question.end, latest)
        kept = [row for row in rows if isinstance(row, str) or question.start <= row.time <= end]
        if len(kept) < len(rows):
            self.problems.append(
                f"{self._question.kind}: {len(rows) - len(kept)} rows are of a time that was not "
                "asked for or has not come yet"
            )
        return kept
