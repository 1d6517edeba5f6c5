"""The currencies in which derivatives are settled: the gateway lists trades and its log by them.

What was opened and closed since the last reading is in no other list, so the trades in every
currency are asked for each time; the log only where something is or was settled in a currency.
"""

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any

from tieout.core.errors import VenueRefused
from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.international import derivative
from tieout.venues.coinbase.rows import Log, PerpetualRow, TradeRow, Unreadable
from tieout.venues.http.together import together

# Linear contracts are settled in USDC; inverse ones Deribit has of these two coins.
MAIN = "USDC"
CURRENCIES = (MAIN, "BTC", "ETH")
# What is not there may come: asked again after this long.
ABSENT_KEPT = timedelta(minutes=10)

Trades = list[TradeRow | Unreadable]
AskTrades = Callable[[str, int | None], Coroutine[Any, Any, Trades]]
AskLog = Callable[[str, int], Coroutine[Any, Any, Log]]


class Currencies:
    """Those of one reading, each from where the last one came to: a new one from the beginning."""

    def __init__(
        self,
        before: Bookmark,
        absent_at: dict[str, datetime],
        now: Callable[[], datetime],
    ) -> None:
        self.ignored: list[str] = []
        self._before = before
        self._absent_at = absent_at
        self._now = now
        self._known = {MAIN, *before.currencies}
        self._settled: set[str] = set()
        self._asked: set[tuple[int | None, str]] = set()
        self._answered: set[tuple[int | None, str]] = set()
        self._in_part: set[str] = set()
        self._asked_logs: set[str] = set()
        self._logged: set[str] = set()
        self._note_names(before.held or {})

    def note(self, rows: Iterable[PerpetualRow | TradeRow | Unreadable]) -> None:
        """Positions and trades that were listed."""
        self._note_names(row.name for row in rows if not isinstance(row, Unreadable))

    # Trades

    async def trades(self, since: int | None, ask: AskTrades, *, slot: int | None = None) -> Trades:
        """The trades of the login in every currency; those of a slot in what the login has."""
        wanted = {*CURRENCIES, *self._known, *self._settled}
        if slot is not None:
            wanted = {currency for of, currency in self._answered if of is None}
        found = await together(
            *(self._trades_in(currency, since, ask, slot=slot) for currency in sorted(wanted))
        )
        return [row for rows in found for row in rows]

    async def _trades_in(
        self, currency: str, since: int | None, ask: AskTrades, *, slot: int | None
    ) -> Trades:
        """A currency that never answered need not be there: nobody has to have it."""
        what = f"trades settled in {currency}"
        may_be_absent = slot is None and currency not in self._known
        if may_be_absent and self._is_kept_absent(what):
            return []
        is_read = currency in self._known or (slot, currency) in self._answered
        self._asked.add((slot, currency))
        try:
            rows = await ask(currency, since if is_read else None)
        except VenueRefused as refused:
            if not may_be_absent:
                raise
            self._leave_out(what, refused)
            return []
        self._answered.add((slot, currency))
        if any(isinstance(row, Unreadable) for row in rows):
            self._in_part.add(currency)
        self.note(rows)
        return rows

    @property
    def known(self) -> tuple[str, ...]:
        """Those whose trades were read from the first on, here and in every slot."""
        answered = {currency for of, currency in self._answered if of is None}
        open_still = {currency for _, currency in self._asked - self._answered}
        return tuple(sorted(self._known | (answered - open_still - self._in_part)))

    # The log

    async def log(self, since: int, ask: AskLog) -> Log | None:
        """What the log has in currencies that it was not asked for yet; None where in no other.

        A login without a log is refused already for the first of them.
        """
        wanted = {MAIN, *self._settled, *self._before.logged} - self._asked_logs
        self._asked_logs |= wanted
        found = [await ask(MAIN, since)] if MAIN in wanted else []
        others = sorted(wanted - {MAIN})
        found += await together(*(self._log_in(each, since, ask) for each in others))
        return merged(found) if found else None

    async def _log_in(self, currency: str, since: int, ask: AskLog) -> Log:
        """One that was told before and is refused now is no news of any: the log ends where it was.

        So nothing is lost where the others go on.
        """
        what, is_known = f"funding in {currency}", currency in self._before.logged
        if not is_known and self._is_kept_absent(what):
            return Log(rows=())
        try:
            log = await ask(currency, since if is_known else 0)
        except VenueRefused as refused:
            if is_known:
                raise
            self._leave_out(what, refused)
            return Log(rows=())
        if not any(isinstance(row, Unreadable) for row in log.rows):
            self._logged.add(currency)
        return log

    @property
    def logged(self) -> tuple[str, ...]:
        """Those of which the log was read from the beginning."""
        return tuple(sorted({*self._before.logged, *self._logged}))

    # Both

    def _note_names(self, names: Iterable[str]) -> None:
        found = (derivative(name) for name in names)
        self._settled |= {each.settled_in for each in found if each is not None}

    def _is_kept_absent(self, what: str) -> bool:
        at = self._absent_at.get(what)
        is_kept = at is not None and self._now() - at < ABSENT_KEPT
        if is_kept:
            self._say(f"{what}, which the gateway did not tell of a moment ago")
        return is_kept

    def _leave_out(self, what: str, why: VenueRefused) -> None:
        self._absent_at[what] = self._now()
        self._say(f"{what}, of which the gateway does not tell: {why}")

    def _say(self, words: str) -> None:
        if words not in self.ignored:
            self.ignored.append(words)


def merged(logs: Iterable[Log]) -> Log:
    """Several logs as one, each row once; it is whole when all are."""
    found = list(logs)
    return Log(
        rows=tuple(dict.fromkeys(row for each in found for row in each.rows)),
        is_whole=all(each.is_whole for each in found),
        reached=max((each.reached for each in found if not each.is_whole), default=0),
    )
