"""The activities of an account since a cursor, read page by page without a gap.

Alpaca pages by the id of the last row. Ids cannot be ordered or trusted to advance (their hour is
on a 12-hour clock), so rows are told apart by their content, a page that brings nothing new ends
the reading as incomplete, and a short page that brought news is followed by one more request,
which proves the end.

The cursor is the time of the last row seen. A reading goes back some days before it: option
events are dated on a Friday and written on the Tuesday after a long weekend, corrections come the
next day. What is known already is ignored by its id. Which readings do so, `lookback` decides.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from tieout.venues.alpaca.exchange import Calls, Question
from tieout.venues.alpaca.moments import seen_at, written_at
from tieout.venues.alpaca.wire import ActivityRow, Unreadable, activities_in
from tieout.venues.http.trace import Trace
from tieout.venues.moments import moment

PATH = "/account/activities"
PAGE_ROWS = 100
OVERLAP = timedelta(days=5)
AGAIN_OVERLAP = timedelta(minutes=1)


class History:
    """One reading of the activities; `continue_reading` adds what has come since.

    `is_unfinished` says that there are more than one reading may fetch.
    """

    def __init__(self, calls: Calls, *, cursor: str | None, trace: Trace) -> None:
        self._calls = calls
        self._trace = trace
        self._since = moment(cursor)
        self._seen: set[ActivityRow | Unreadable] = set()
        self._is_stuck = False
        self.has_lookback = True
        self.is_unfinished = False
        self.rows: list[ActivityRow | Unreadable] = []
        self.problems: list[str] = []

    async def read(self, *, has_lookback: bool = True) -> int:
        """Everything since the cursor, and of the days before it; how many rows came."""
        self.has_lookback = has_lookback
        after = None
        if self._since is not None and not has_lookback:
            after = self._since - AGAIN_OVERLAP
        elif self._since is not None:
            # From midnight, so that the rows of one corporate action are not cut apart.
            day = (self._since - OVERLAP).date()
            after = datetime.combine(day, time(), tzinfo=UTC)
        return await self._pages(after)

    async def continue_reading(self) -> int:
        """What has come since; how many rows are new."""
        latest = self.latest
        return await self._pages(None if latest is None else latest - AGAIN_OVERLAP)

    @property
    def latest(self) -> datetime | None:
        """The time of the last row that has one, this time or before."""
        times = [at for row in self.rows if isinstance(row, ActivityRow) and (at := seen_at(row))]
        known = [self._since] if self._since is not None else []
        return max((*times, *known), default=None)

    def cursor(self, *, as_of: datetime) -> str | None:
        """Where the next reading starts; after one that got stuck, where this one did."""
        latest = self._since if self._is_stuck else self.latest
        return None if latest is None else min(latest, as_of).isoformat()

    def has_news_after(self, at: datetime) -> bool:
        """Whether anything was written at or after this moment."""
        times = (written_at(row) for row in self.rows if isinstance(row, ActivityRow))
        return any(time is not None and time >= at for time in times)

    async def _pages(self, after: datetime | None) -> int:
        before = len(self.rows)
        parameters = {"direction": "asc", "page_size": str(PAGE_ROWS)}
        if after is not None:
            parameters["after"] = after.isoformat().replace("+00:00", "Z")
        paged: set[ActivityRow | Unreadable] = set()
        for _ in range(self._calls.limits.pages_max):
            page = await self._page(parameters)
            fresh = self._take(page)
            came_again = len(page) > 1 and paged.issuperset(page)  # one is the row of the token
            if not came_again and self._is_end(page, fresh):
                return len(self.rows) - before
            token = page[-1].id if isinstance(page[-1], ActivityRow) else None
            if not token or came_again:
                self._is_stuck = True
                self.problems.append("the pages of activities do not advance: one came twice")
                return len(self.rows) - before
            paged.update(page)
            parameters["page_token"] = token
        self.is_unfinished = True
        self.problems.append(
            f"there are more than {self._calls.limits.pages_max} pages of activities; the next "
            "run reads on"
        )
        return len(self.rows) - before

    async def _page(self, parameters: dict[str, str]) -> list[ActivityRow | Unreadable]:
        question = Question(path=PATH, parameters=dict(parameters))
        rows, _ = await self._calls.ask(question, activities_in, trace=self._trace)
        return rows

    def _take(self, page: Sequence[ActivityRow | Unreadable]) -> list[ActivityRow | Unreadable]:
        fresh = [row for row in dict.fromkeys(page) if row not in self._seen]
        self._seen.update(fresh)
        self.rows.extend(fresh)
        return fresh

    def _is_end(
        self,
        page: Sequence[ActivityRow | Unreadable],
        fresh: Sequence[ActivityRow | Unreadable],
    ) -> bool:
        """An empty page is the end; so is a short one, unless it brought what we did not know."""
        if not page:
            return True
        return len(page) < PAGE_ROWS and not any(self._is_news(row) for row in fresh)

    def _is_news(self, row: ActivityRow | Unreadable) -> bool:
        if self._since is None or isinstance(row, Unreadable):
            return True
        at = seen_at(row)
        return at is None or at > self._since
