"""Funding of perpetuals at the gateway, from its log of transactions.

Of a row's change only `interest_pl` is funding: a daily settlement pays the profits of its session
as well (Deribit's documentation of private/get_transaction_log, whose example adds up so). Trades
carry what had accrued until then. A row without `interest_pl` is never guessed at.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from tieout.core.activity import Activity, ActivityId
from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.currencies import merged
from tieout.venues.coinbase.exchange import Calls
from tieout.venues.coinbase.fills import Translated
from tieout.venues.coinbase.international import derivative
from tieout.venues.coinbase.rows import Log, LogRow
from tieout.venues.connection import ADVICE_AGAIN, mismatch
from tieout.venues.http.bodies import number
from tieout.venues.moments import milliseconds_of, moment_of

SETTLEMENT = "settlement"
# A row may be listed after a later one; what is known already is ignored by its id.
OVERLAP_MS = 3_600_000

Ask = Callable[[int], Awaitable[Log | None]]


class Funding:
    """One reading of the log."""

    def __init__(self, calls: Calls, *, before: Bookmark) -> None:
        self._calls = calls
        self._before = before
        self._log: Log | None = None

    @property
    def is_likely(self) -> bool:
        """Whether there was anything in the readings before that may have been paid for."""
        before = self._before
        held = before.held or {}
        return before.trades is not None or before.log is not None or any(map(derivative, held))

    async def read(self, ask: Ask) -> None:
        """The log since the last reading: each time what of it was not read yet."""
        more = await ask(max(0, (self._before.log or 0) - OVERLAP_MS))
        if more is not None:
            self._log = more if self._log is None else merged((self._log, more))
        self._refuse_other()

    def translated(self) -> Translated:
        """Each payment as an activity: received is positive, paid is negative."""
        found = Translated()
        log = self._log
        if log is None:
            return found
        if not log.is_whole:
            found.ignored.append(
                f"funding before {moment_of(log.reached).isoformat()}: the log is longer than "
                f"{self._calls.limits.pages_max} pages"
            )
        silent: Counter[str] = Counter()
        for row in log.rows:
            if isinstance(row, LogRow):
                self._payment(row, found, silent)
            else:
                found.problems.append(row)
        found.ignored.extend(
            f"{count} settlements of {name} that do not say what of them is funding"
            for name, count in sorted(silent.items())
        )
        return found

    def marked(self, bookmark: Bookmark, *, as_of: datetime) -> Bookmark:
        """A bookmark with how far the log was read: up to what cannot be read."""
        before, log = self._before, self._log
        rows = [row for row in log.rows if isinstance(row, LogRow)] if log else []
        times = [row.time for row in rows]
        if log is None or not times or len(rows) < len(log.rows):
            return msgspec.structs.replace(bookmark, log=before.log, user=before.user)
        wrong = [row.time for row in rows if row.funding and number(row.funding) is None]
        latest = min(max(*times, before.log or 0), *wrong, milliseconds_of(as_of))
        user = before.user or next((row.user for row in rows if row.user), "")
        return msgspec.structs.replace(bookmark, log=latest, user=user)

    def _payment(self, row: LogRow, found: Translated, silent: Counter[str]) -> None:
        if row.name is None or not self._is_ours(row):
            return
        instrument, cash = derivative(row.name), number(row.funding)
        if row.funding and cash is None:
            found.problems.append(
                f"funding of {row.name} at {moment_of(row.time).isoformat()} cannot be read: "
                f"{row.funding!r}"
            )
        elif cash is None and row.kind == SETTLEMENT:
            silent[row.name] += 1
        elif cash and instrument is None:
            found.ignored.append(f"funding of {row.name}, which is not understood yet")
        elif cash and instrument is not None:
            activity = Activity(
                id=ActivityId(f"funding/{row.currency}/{row.id}"),
                type="funding",
                symbol=instrument.symbol,
                at=moment_of(row.time),
                cash=cash,
                currency=row.currency,
            )
            found.add(activity, instrument)

    def _is_ours(self, row: LogRow) -> bool:
        return not self._before.user or row.user in (None, self._before.user)

    def _refuse_other(self) -> None:
        """See that the log is that of the user whose it was before."""
        rows = [row for row in self._log.rows if isinstance(row, LogRow)] if self._log else []
        if rows and not any(map(self._is_ours, rows)):
            raise mismatch(
                f"asked for the log of user {self._before.user} at the gateway, but what came is "
                f"of {rows[0].user}",
                venue=self._calls.name,
                advice=ADVICE_AGAIN,
            )
