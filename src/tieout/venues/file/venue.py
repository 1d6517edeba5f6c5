"""Files as a venue: a statement of positions, with activities where there are any."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from tieout.core.book import Account, AccountId
from tieout.core.errors import (
    VenueError,
    VenueRefused,
    VenueReplyInvalid,
    VenueUnavailable,
)
from tieout.core.snapshot import Failure, Snapshot
from tieout.ports import Clock, Finding, News, RawReply, Read, Tell, Venue
from tieout.venues.connection import ADVICE_AGAIN, mismatch
from tieout.venues.file.checkup import finding_of, findings
from tieout.venues.file.disk import Disk
from tieout.venues.file.limits import DEFAULT, Limits
from tieout.venues.file.moments import SKEW
from tieout.venues.file.options import Options, options_of
from tieout.venues.file.reading import ADVICE_FILE, Desk, Found

MAIN = "main"  # what an account is called that neither the settings nor the file name
THREADS = 4

Sleep = Callable[[float], Awaitable[None]]
Result = TypeVar("Result")
FAILURES: Mapping[str, type[VenueError]] = {
    "unavailable": VenueUnavailable,
    "refused": VenueRefused,
    "reply_invalid": VenueReplyInvalid,
}


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to files. Setting: path, the statement or the folder it comes into.

    Nothing is read yet. A missing or wrong setting is a SettingsError that names it.
    """
    options = options_of(settings, connection=name, venue=venue)
    limits = DEFAULT
    if options.timeout_s is not None:
        read_s = float(options.timeout_s)
        limits = replace(DEFAULT, read_s=read_s, deadline_s=max(DEFAULT.deadline_s, 3 * read_s))
    return FileVenue(name=name, options=options, clock=clock, limits=limits)


class FileVenue:
    """The files of one connection. Safe to read from several tasks at once."""

    def __init__(
        self,
        *,
        name: str,
        options: Options,
        clock: Clock,
        limits: Limits = DEFAULT,
        disk: Disk | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._limits = limits
        self._sleep = sleep
        self._desk = Desk(options, name=name, disk=disk or Disk(), limits=limits, now=clock.now)
        # Of its own, so that a share that hangs takes no thread from others.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"file-{name}")

    def __repr__(self) -> str:
        return f"FileVenue({self.name!r}, {str(self._options.path)!r})"

    async def accounts(self) -> Sequence[Account]:
        """The account that is set, else those the statement names, else one called main."""
        if self._options.account is not None:
            return (self._account(self._options.account),)
        found = await self._found([])
        return [self._account(each) for each in sorted(found.contents.accounts) or [MAIN]]

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """The statement as far as it is of this account, with all activities of the files.

        Files are read whole every time, so there is no cursor: what is known is known by its id.
        """
        del cursor
        replies: list[RawReply] = []
        try:
            found = await self._found(replies)
            return self._read(account, found, replies)
        except VenueError as error:
            error.evidence = tuple(replies)
            raise

    async def listen(self, tell: Tell) -> None:
        """Look for changes of the files now and then; there is nothing else to hear."""
        known: object = None
        while True:
            marks = await self._in_thread(self._desk.marks)
            if marks != known:
                tell(News(kind="connected" if known is None else "changed"))
            known = marks
            await self._sleep(self._limits.poll_s)

    async def check(self) -> Sequence[Finding]:
        """What `doctor` shows. Files that cannot be read are a finding, not an error."""
        try:
            found = await self._found([])
            account = self._options.account
            names = [account] if account else sorted(found.contents.accounts) or [MAIN]
            for name in names:
                self._read(AccountId(name), found, [])
        except VenueError as error:
            return finding_of(error)
        return findings(found, names, at=self._clock.now(), as_of=self._as_of(names[0], found))

    async def aclose(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"file-{self.name}")

    def _account(self, name: str) -> Account:
        options = self._options
        return Account(
            id=AccountId(name), venue="file", currency=options.currency, history=options.history
        )

    async def _found(self, replies: list[RawReply]) -> Found:
        """What the files say. One that may be in the middle of being written is looked at again."""
        started_at = self._clock.now()
        for tries in range(1, self._limits.tries_max + 1):
            taken: list[RawReply] = []
            try:
                found = await self._look(taken)
                replies.extend(taken)
                return found
            except VenueRefused:
                replies.extend(taken)
                raise
            except VenueError:
                replies.extend(taken)
                spent = self._clock.now() - started_at
                is_late = spent.total_seconds() >= self._limits.deadline_s
                if tries == self._limits.tries_max or is_late:
                    raise
            await self._sleep(self._limits.settle_s)
        raise AssertionError("at least one try is made")

    async def _look(self, replies: list[RawReply]) -> Found:
        read_s = self._limits.read_s
        try:
            async with asyncio.timeout(read_s):
                return await self._in_thread(lambda: self._desk.look(replies))
        except TimeoutError:
            words = f"{self._options.path.name} could not be read within {read_s:g} s"
            now = self._clock.now()
            replies[:] = [*replies, RawReply(call=words, status=None, received_at=now, body=b"")]
            advice = f"is the disk or share there? {ADVICE_AGAIN}"
            raise VenueUnavailable(words, venue=self.name, advice=advice) from None

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _read(self, account: AccountId, found: Found, replies: list[RawReply]) -> Read:
        contents = found.contents
        self._refuse_other(account, found)
        if contents.failure is not None:
            raise self._failed(contents.failure)
        as_of = self._as_of(account, found)
        self._refuse_untimely(found, as_of)
        problems = contents.problems_of(account)
        if not contents.is_complete:
            problems = (*problems, f"{found.statement.name} says that it is not complete")
        return Read(
            snapshot=Snapshot(
                as_of=as_of,
                holdings=contents.holdings_of(account),
                complete=not problems,
                problems=problems,
            ),
            activities=contents.activities_of(account),
            evidence=tuple(replies),
            instruments=contents.instruments,
            ignored=contents.ignored,
        )

    def _refuse_other(self, account: AccountId, found: Found) -> None:
        """See that the files are of this account. One of which no row is there is not flat."""
        named = found.contents.accounts
        if account in (named or {self._options.account or MAIN}):
            return
        of = ", ".join(sorted(named)) or self._options.account or MAIN
        raise mismatch(
            f"asked for account {account}, but {found.statement.name} is of {of}",
            venue=self.name,
            advice=f"put the statement of {account} there, or, where it holds nothing, a row of "
            "it with quantity 0; nothing was changed",
        )

    def _failed(self, failure: Failure) -> VenueError:
        return FAILURES[failure.kind](failure.message, venue=self.name, advice=ADVICE_AGAIN)

    def _as_of(self, account: str, found: Found) -> datetime:
        """Told by the rows, else by the name, else when it was written; never after that."""
        written_at = found.statement.written_at
        told_at = found.contents.told_of(account) or found.default_at
        return min(told_at, written_at) if told_at <= written_at + SKEW else told_at

    def _refuse_untimely(self, found: Found, as_of: datetime) -> None:
        now, name = self._clock.now(), found.statement.name
        if as_of > now + SKEW:
            raise VenueReplyInvalid(
                f"{name} is of {as_of.isoformat()}, which is yet to come",
                venue=self.name,
                advice="check the clocks of both machines and the timezone of this connection",
            )
        age_s = (now - as_of).total_seconds()
        if age_s > self._options.age_s_max:
            raise VenueUnavailable(
                f"{name} is stale: it is of {as_of.isoformat()}, {age_s / 3600:.1f} hours ago, "
                f"and at most {self._options.age_s_max / 3600:.1f} are allowed",
                venue=self.name,
                advice=f"is a newer one delivered? {ADVICE_FILE.partition(';')[0]}; age_s_max "
                "sets what is allowed",
            )
