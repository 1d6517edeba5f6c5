"""Lists that come in pages, read to their proven end: wallets, and fills since a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tieout.core.errors import VenueReplyInvalid
from tieout.venues.coinbase.address import REST_PATH
from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.exchange import Calls, Question
from tieout.venues.coinbase.moments import written
from tieout.venues.coinbase.rows import (
    FillPage,
    FillRow,
    Unreadable,
    WalletRow,
)
from tieout.venues.coinbase.wire import fills_in, wallets_in
from tieout.venues.http.trace import Trace
from tieout.venues.moments import moment

WALLETS = f"{REST_PATH}/accounts"
FILLS = f"{REST_PATH}/orders/historical/fills"
WALLETS_A_PAGE = 250  # the most that is documented; 49 without asking
FILLS_A_PAGE = 250
# A fill may be listed after a later one; what is known already is ignored by its id.
OVERLAP = timedelta(minutes=5)


class Cursors:
    """The cursors of one list. One that comes twice leads round in a circle."""

    def __init__(self, calls: Calls, path: str) -> None:
        self._calls = calls
        self._path = path
        self._seen: set[str] = set()

    def take(self, cursor: str) -> str:
        """A cursor that is new. Raises VenueReplyInvalid for one that came before."""
        if cursor in self._seen:
            raise VenueReplyInvalid(
                f"GET {self._path} at {self._calls.address}: its pages do not advance, "
                "a cursor came twice",
                venue=self._calls.name,
                advice="nothing was changed; if it stays, please report this with the evidence of "
                "the run",
            )
        self._seen.add(cursor)
        return cursor


async def wallets(calls: Calls, *, trace: Trace) -> list[WalletRow | Unreadable]:
    """All wallets. A list that was cut short is an error, never a shorter list."""
    cursors = Cursors(calls, "/accounts")
    parameters = {"limit": str(WALLETS_A_PAGE)}
    rows: dict[WalletRow | Unreadable, None] = {}
    for _ in range(calls.limits.pages_max):
        page = await _page(calls, WALLETS, parameters, wallets_in, trace)
        rows.update(dict.fromkeys(page.rows))
        if page.cursor is None:
            return _each_once(list(rows), calls)
        parameters["cursor"] = cursors.take(page.cursor)
    raise VenueReplyInvalid(
        f"there are more than {calls.limits.pages_max} pages of accounts",
        venue=calls.name,
        advice="nothing was changed; please report this with the evidence of the run",
    )


def _each_once(rows: list[WalletRow | Unreadable], calls: Calls) -> list[WalletRow | Unreadable]:
    """The wallets, if none came twice with different balances: then it moved between two pages."""
    ids = [row.uuid for row in rows if isinstance(row, WalletRow)]
    if len(set(ids)) == len(ids):
        return rows
    raise VenueReplyInvalid(
        "an account came twice with different balances, it moved while the pages were read",
        venue=calls.name,
        advice="nothing was changed; it is tried again in the next run",
    )


async def _page(
    calls: Calls,
    path: str,
    parameters: Mapping[str, str],
    decode: Callable[[bytes], Any],
    trace: Trace,
) -> Any:
    question = Question(path=path, parameters=dict(parameters))
    page, _ = await calls.ask(question, decode, trace=trace)
    return page


@dataclass(slots=True)
class _Span:
    """A stretch of time to read, newest first; `start` and `end` are open where None."""

    start: datetime | None
    end: datetime | None = None
    reached: datetime | None = field(default=None)


class FillHistory:
    """One reading of the fills; `continue_reading` adds what has come since.

    Fills come newest first. A history too long for one reading is read from its new end back, and
    the next reading goes on where this one stopped. `is_unfinished` says so.
    """

    def __init__(self, calls: Calls, *, before: Bookmark, trace: Trace) -> None:
        self._calls = calls
        self._trace = trace
        self._entries = dict(before.entries)
        self._mark = moment(before.fills)
        self._backlog = moment(before.backlog)
        self._base = moment(before.base)
        self._seen: set[FillRow | Unreadable] = set()
        self._left = calls.limits.pages_max
        self.is_unfinished = False
        self.rows: list[FillRow] = []
        self.problems: list[str] = []

    async def read(self) -> int:
        """Everything since the bookmark; how many rows came."""
        before = len(self.rows)
        span = _Span(start=self._since(self._mark))
        if not await self._read_back(span):
            # What lies between is read by the next run, together with any older backlog.
            self._base = self._base if self._backlog is not None else self._mark
            self._backlog = span.reached or self._mark
        elif self._backlog is not None:
            older = _Span(start=self._since(self._base), end=self._backlog)
            is_read = await self._read_back(older)
            self._backlog = None if is_read else older.reached or self._backlog
        if self._backlog is None:
            self._base = None
        return len(self.rows) - before

    async def continue_reading(self) -> int:
        """What has come since; how many rows are new."""
        before = len(self.rows)
        await self._read_back(_Span(start=self._since(self.latest)))
        return len(self.rows) - before

    @property
    def latest(self) -> datetime | None:
        """The time of the newest fill, this time or before."""
        times = [at for row in self.rows if (at := moment(row.sequence_time))]
        return max((*times, *([self._mark] if self._mark else [])), default=None)

    def marked(self, bookmark: Bookmark, *, as_of: datetime) -> Bookmark:
        """A bookmark that says how far this reading came, which is never into the future."""
        latest = None if self.latest is None else min(self.latest, as_of)
        found = {"fills": latest, "backlog": self._backlog, "base": self._base}
        texts = {key: None if at is None else written(at) for key, at in found.items()}
        listed = {**self._entries, **{row.entry_id: row.sequence_time for row in self.rows}}
        again = self._since(latest)
        entries = {name: at for name, at in listed.items() if _is_since(at, again)}
        return msgspec.structs.replace(bookmark, entries=entries, **texts)

    def is_news(self, row: FillRow) -> bool:
        """Whether a fill was not there in the reading before."""
        at = self._since(self._mark)
        return row.entry_id not in self._entries and _is_since(row.sequence_time, at)

    def has_news_after(self, at: datetime) -> bool:
        """Whether a fill was written at or after this moment."""
        times = (moment(row.sequence_time) for row in self.rows)
        return any(time is not None and time >= at for time in times)

    @staticmethod
    def _since(at: datetime | None) -> datetime | None:
        return None if at is None else at - OVERLAP

    async def _read_back(self, span: _Span) -> bool:
        """A stretch of time, page by page from its end; whether all of it was read."""
        cursors = Cursors(self._calls, "/orders/historical/fills")
        parameters = {"limit": str(FILLS_A_PAGE)}
        if span.start is not None:
            parameters["start_sequence_timestamp"] = written(span.start)
        if span.end is not None:
            parameters["end_sequence_timestamp"] = written(span.end + OVERLAP)
        while self._left > 0:
            self._left -= 1
            page: FillPage = await _page(self._calls, FILLS, parameters, fills_in, self._trace)
            self._take(page, span)
            if page.cursor is None:
                return True
            parameters["cursor"] = cursors.take(page.cursor)
        self.is_unfinished = True
        self.problems.append(
            f"there are more than {self._calls.limits.pages_max} pages of fills; the next run "
            "reads on"
        )
        return False

    def _take(self, page: FillPage, span: _Span) -> None:
        for row in page.rows:
            if isinstance(row, Unreadable):
                self.problems.append(row)
                continue
            at = moment(row.sequence_time)
            if at is not None and (span.reached is None or at < span.reached):
                span.reached = at
            if row not in self._seen:
                self._seen.add(row)
                self.rows.append(row)


def _is_since(text: str, at: datetime | None) -> bool:
    found = moment(text)
    return at is None or found is None or found >= at
