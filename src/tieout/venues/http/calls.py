"""Calls to a venue: in threads, tried again where that helps, every reply kept as evidence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from tieout.core.errors import VenueReplyInvalid
from tieout.ports import Clock, RawReply
from tieout.venues.http.answers import Answer
from tieout.venues.http.bodies import BodyInvalid
from tieout.venues.http.failures import Advice, Attempt, error_of, is_worth_retrying
from tieout.venues.http.limits import HttpLimits
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.trace import Trace, evidence_of, in_time
from tieout.venues.http.waiting import Chance, Quiet, Sleep, asked_wait_s, backoff_s

OK = 200
THREADS = 8


class Question(Protocol):
    """One request of a venue."""

    @property
    def words(self) -> str:
        """The request as it stands in evidence and messages; it has no secret in it."""
        ...


Asked = TypeVar("Asked", bound=Question)
Asked_contra = TypeVar("Asked_contra", bound=Question, contravariant=True)
Limits = TypeVar("Limits", bound=HttpLimits)
Decoded = TypeVar("Decoded")
Result = TypeVar("Result")


class Wire(Protocol[Asked_contra]):
    """A session with a venue. `ask` blocks and belongs in a thread; several may run at once."""

    def ask(self, question: Asked_contra) -> Answer:
        """Ask. Every outcome is an answer; nothing is raised."""
        ...

    def address_of(self, question: Asked_contra) -> str:
        """Whom a question goes to."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A good answer, when it was asked for and came, and what is kept of it."""

    body: bytes
    headers: Mapping[str, str]
    sent_at: datetime
    received_at: datetime
    evidence: RawReply

    @property
    def middle_at(self) -> datetime:
        """By our clock, when it was most likely made."""
        return self.sent_at + (self.received_at - self.sent_at) / 2


def as_it_is(_: Question, answer: Answer) -> Answer:
    """An answer whose status says what it means."""
    return answer


class Calls(Generic[Asked, Limits]):
    """Asks a venue by one login. Nothing here shows the login.

    `judged` gives an answer the status it stands for, where its own says something else.
    """

    def __init__(
        self,
        wire: Wire[Asked],
        *,
        name: str,
        address: str,
        advice: Advice,
        scrub: Scrub,
        limits: Limits,
        clock: Clock,
        sleep: Sleep,
        chance: Chance,
        judged: Callable[[Asked, Answer], Answer] = as_it_is,
        threads: int = THREADS,
    ) -> None:
        self.name = name
        self.address = address
        self.limits = limits
        self.scrub = scrub
        self._wire = wire
        self._advice = advice
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._judged = judged
        self._quiet = Quiet(
            venue=name,
            rate_advice=advice.rate,
            longest_s=limits.quiet_s_max,
            clock=clock,
            sleep=sleep,
        )
        self._count = threads
        self._threads = self._own_threads()

    async def ask(
        self, question: Asked, decode: Callable[[bytes], Decoded], *, trace: Trace
    ) -> tuple[Decoded, Reply]:
        """What a question brings. Raises the error that the last try ended with.

        A body that is not what was asked for is never taken as nothing.
        """
        reply = await self._reply(question, trace)
        try:
            return decode(reply.body), reply
        except BodyInvalid as error:
            place = question.words.partition("?")[0]  # the rest of it is in the evidence
            said = self.scrub.text(str(error))
            raise VenueReplyInvalid(
                f"{place} at {self.address_of(question)} answered with {said}",
                venue=self.name,
                advice="nothing was changed; if it stays, check the address of this connection "
                f"and {self._advice.name}'s status page",
                status=OK,
            ) from None

    async def in_time(self, work: Callable[[Trace], Awaitable[Result]]) -> Result:
        """Do a reading within its deadline. Every VenueError has the replies that did arrive."""
        return await in_time(
            work,
            deadline_s=self.limits.deadline_s,
            clock=self._clock,
            venue=self.name,
            whom=self.address,
        )

    def address_of(self, question: Asked) -> str:
        """Whom a question goes to."""
        return self._wire.address_of(question)

    async def pause(self, seconds: float) -> None:
        """Let some time go by."""
        await self._sleep(seconds)

    def now(self) -> datetime:
        return self._clock.now()

    def close(self) -> None:
        """Let go of threads and connections; what asks after it gets new ones."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._wire.close()
        self._threads = self._own_threads()

    def _own_threads(self) -> ThreadPoolExecutor:
        """Of its own, so that a venue that hangs takes no thread from the others."""
        return ThreadPoolExecutor(self._count, thread_name_prefix=f"venue-{self.name}")

    async def _reply(self, question: Asked, trace: Trace) -> Reply:
        for tries in range(1, self.limits.tries_max + 1):
            await self._quiet.keep(question.words, deadline_at=trace.deadline_at)
            answer, reply = await self._try(question, trace)
            if answer.status == OK and answer.fault is None:
                return reply
            now = reply.received_at
            wish_s = asked_wait_s(answer, now=now)
            self._quiet.note(wish_s)
            wait_s = max(self._backoff_s(tries), wish_s or 0.0)
            is_too_late = now + timedelta(seconds=wait_s) >= trace.deadline_at
            if not is_worth_retrying(answer) or tries == self.limits.tries_max or is_too_late:
                break
            await self._sleep(wait_s)
        attempt = Attempt(
            venue=self.name,
            call=question.words,
            address=self.address_of(question),
            tries=tries,
            at=now,
        )
        raise error_of(answer, attempt, advice=self._advice, scrub=self.scrub)

    async def _try(self, question: Asked, trace: Trace) -> tuple[Answer, Reply]:
        """Ask once, and keep what came as it came."""
        sent_at = self._clock.now()
        answer = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._wire.ask, question
        )
        now = self._clock.now()
        kept = evidence_of(
            question.words,
            body=answer.body,
            status=answer.status,
            fault=answer.fault,
            at=now,
            scrub=self.scrub,
            bytes_max=self.limits.evidence_bytes_max,
        )
        trace.replies.append(kept)
        reply = Reply(
            body=answer.body,
            headers=answer.headers,
            sent_at=sent_at,
            received_at=now,
            evidence=kept,
        )
        return self._judged(question, answer), reply

    def _backoff_s(self, tries: int) -> float:
        least_s, most_s = self.limits.backoff_s, self.limits.backoff_s_max
        return backoff_s(tries, least_s=least_s, most_s=most_s, chance=self._chance)
