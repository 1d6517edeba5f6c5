"""Flex statements as a venue of their own: a file or a folder to tie a book out against.

Nothing goes over a network. The positions are those at the end of the last statement's last day,
so the book is as old as that.
"""

import asyncio
from collections.abc import Mapping, Sequence

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError, VenueReplyInvalid, VenueUnavailable
from tieout.core.instrument import Instrument
from tieout.core.snapshot import Snapshot
from tieout.ports import Clock, Finding, RawReply, Read, Tell, Venue
from tieout.venues.connection import require_known
from tieout.venues.ibkr import failures
from tieout.venues.ibkr.executions import Told, translated
from tieout.venues.ibkr.flex_books import POSITIONS, Library, currency_of, standing_in
from tieout.venues.ibkr.flex_files import FlexFiles, Shelf, Statement, files_at
from tieout.venues.ibkr.limits import DEFAULT

SETTINGS = ("account", "flex")
AGAIN = "download the statement again, or take it away; nothing was changed"


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """Statements at a path. Settings: flex, account. A wrong one is a SettingsError."""
    require_known(settings, SETTINGS, venue=venue, connection=name)
    if not settings.get("flex", "").strip():
        raise SettingsError(
            f"connections.{name}.flex is not set; it must be a Flex statement (XML) or a folder "
            "of them"
        )
    files = files_at(settings["flex"], setting=f"connections.{name}.flex")
    return FlexVenue(name=name, files=files, account=settings.get("account"), clock=clock)


class FlexVenue:
    """Statements of one or more accounts."""

    def __init__(self, *, name: str, files: FlexFiles, clock: Clock, account: str | None) -> None:
        self.name = name
        self._files = files
        self._clock = clock
        self._account = account
        self._library = Library()

    def __repr__(self) -> str:
        return f"FlexVenue({self.name!r}, {str(self._files.path)!r})"

    async def accounts(self) -> Sequence[Account]:
        """The accounts that the statements are of."""
        shelf = await self._shelf()
        names = self._names(shelf)
        if self._account is not None and self._account not in names:
            raise failures.other_account(self.name, self._account, tuple(names))
        return [
            Account(
                id=AccountId(each),
                venue="ibkr",
                currency=currency_of(shelf.of(each)),
                history="partial",
            )
            for each in names
            if self._account in (None, each)
        ]

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """The last positions and all activities; those the cursor knows were told before."""
        shelf = await self._shelf()
        statements = shelf.of(account)
        if not statements or self._account not in (None, account):
            raise failures.other_account(self.name, account, tuple(self._names(shelf)))
        return await asyncio.to_thread(self._read, shelf, statements, cursor)

    def _read(self, shelf: Shelf, statements: tuple[Statement, ...], cursor: str | None) -> Read:
        now = self._clock.now()
        standing = standing_in(statements, now=now)
        if standing is None:
            raise VenueReplyInvalid(
                f"no statement of {statements[-1].account} has its positions",
                venue=self.name,
                advice=f"add the section Open Positions ({POSITIONS}) to the query",
            )
        found = self._library.told_by(statements[0].account, statements)
        before = Told.read(cursor)
        done = translated((), {}, told=before, now=now, statements=found.activities)
        new = done.of_statements
        problems = (*shelf.problems, *standing.problems, *found.problems)
        used = [standing.statement, *(found.source[each.id] for each in new)]
        return Read(
            snapshot=Snapshot(
                as_of=standing.as_of,
                holdings=standing.holdings,
                complete=not problems,
                problems=problems,
            ),
            activities=tuple(new),
            evidence=evidence_of(used),
            contract_costs=standing.costs,
            instruments=each_once((*standing.instruments, *found.instruments)),
            ignored=(*standing.ignored, *found.ignored),
            cursor=before.with_more((), statements=new, now=now, first_day=first_day(statements)),
        )

    async def listen(self, tell: Tell) -> None:
        """Files tell nothing by themselves."""
        del tell

    async def check(self) -> Sequence[Finding]:
        """What is there, and what cannot be read."""
        shelf = await asyncio.to_thread(self._files.shelf)
        bad = [
            Finding(subject="statement", level="error", message=each, advice=AGAIN)
            for each in shelf.problems
        ]
        if not shelf.statements:
            none = "there is no Flex statement"
            return [*bad, Finding(subject="statements", level="error", message=none, advice=AGAIN)]
        last = max(each.last_day for each in shelf.statements)
        message = f"{', '.join(self._names(shelf))}, up to {last:%Y-%m-%d}"
        return [Finding(subject="statements", level="ok", message=message), *bad]

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    async def _shelf(self) -> Shelf:
        shelf = await asyncio.to_thread(self._files.shelf)
        if shelf.statements:
            return shelf
        if shelf.problems:
            raise VenueReplyInvalid("; ".join(shelf.problems), venue=self.name, advice=AGAIN)
        raise VenueUnavailable(
            f"there is no Flex statement in {self._files.path}",
            venue=self.name,
            advice="put one there (Performance & Reports, Flex Queries, run as XML)",
        )

    def _names(self, shelf: Shelf) -> list[str]:
        return sorted({each.account for each in shelf.statements})


def first_day(statements: Sequence[Statement]) -> str | None:
    """The first day that a statement still tells about."""
    return f"{min(each.first_day for each in statements):%Y-%m-%d}" if statements else None


def evidence_of(statements: Sequence[Statement]) -> tuple[RawReply, ...]:
    """The statements that were used, each once, an account's own part of the file."""
    used = {(each.file, each.first_day, each.made_at): each for each in statements}
    return tuple(
        RawReply(
            call=f"Flex statement {each.file}",
            status=None,
            received_at=each.made_at,
            body=each.body[: DEFAULT.evidence_bytes_max],
        )
        for each in used.values()
    )


def each_once(instruments: Sequence[Instrument]) -> tuple[Instrument, ...]:
    """Of an instrument that is told in more than one place, what was told last.

    One whose size is not told does not take the place of one whose size is.
    """
    found: dict[tuple[str, ...], Instrument] = {}
    for each in instruments:
        if each.multiplier is not None or each.venue_ids not in found:
            found[each.venue_ids] = each
    return tuple(found.values())
