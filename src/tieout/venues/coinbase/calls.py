"""Calls to Coinbase: in threads, tried again where that helps, every reply kept as evidence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.ports import Clock, RawReply
from tieout.venues.coinbase.address import Addresses
from tieout.venues.coinbase.exchange import Answer, Question, Wire
from tieout.venues.coinbase.failures import (
    ADVICE_AGAIN,
    RATE_ADVICE,
    Attempt,
    asked_wait_s,
    error_of,
    is_worth_retrying,
)
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.rpc import error_in
from tieout.venues.coinbase.scrub import Scrub
from tieout.venues.coinbase.wire import BodyInvalid

Decoded = TypeVar("Decoded")
Sleep = Callable[[float], Awaitable[None]]
Chance = Callable[[], float]  # a number from 0 up to 1
OK = 200
THREADS = 8
ACCOUNT_MISMATCH = "account_mismatch"


@dataclass(slots=True)
class Trace:
    """What one reading has asked and heard so far, and by when it must be done."""

    deadline_at: datetime
    replies: list[RawReply] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A good answer, and when it was asked for and came."""

    body: bytes
    headers: Mapping[str, str]
    sent_at: datetime
    received_at: datetime
    evidence: RawReply


class Calls:
    """Asks at the addresses of one connection. Nothing here shows the keys."""

    def __init__(
        self,
        wire: Wire,
        *,
        name: str,
        addresses: Addresses,
        scrub: Scrub,
        limits: Limits,
        clock: Clock,
        sleep: Sleep,
        chance: Chance,
    ) -> None:
        self.name = name
        self.addresses = addresses
        self.limits = limits
        self.scrub = scrub
        self._wire = wire
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._quiet_until: datetime | None = None  # as the venue asked of everybody with these keys
        # Of its own, so that one that hangs takes no thread from the others.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"coinbase-{name}")

    async def ask(
        self, question: Question, decode: Callable[[bytes], Decoded], *, trace: Trace
    ) -> tuple[Decoded, Reply]:
        """What a question brings. Raises the error that the last try ended with.

        A body that is not what was asked for is never taken as nothing.
        """
        reply = await self._reply(question, trace)
        try:
            return decode(reply.body), reply
        except BodyInvalid as error:
            raise VenueReplyInvalid(
                f"{question.words} at {self.address_of(question)} answered with "
                f"{self.scrub.text(str(error))}",
                venue=self.name,
                advice="nothing was changed; if it stays, check the address of this connection "
                "and Coinbase's status page",
                status=OK,
            ) from None

    def address_of(self, question: Question) -> str:
        """Whom a question goes to."""
        return self.addresses.gateway if question.method else self.addresses.rest

    async def pause(self, seconds: float) -> None:
        """Let some time go by."""
        await self._sleep(seconds)

    def now(self) -> datetime:
        return self._clock.now()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._wire.close()

    async def _reply(self, question: Question, trace: Trace) -> Reply:
        call = question.words
        for tries in range(1, self.limits.tries_max + 1):
            await self._be_quiet(call, trace)
            sent_at = self._clock.now()
            answer = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._wire.ask, question
            )
            now = self._clock.now()
            kept = self._evidence(call, answer, now)
            trace.replies.append(kept)
            answer = _judged(answer) if question.method else answer
            if answer.status == OK and answer.fault is None:
                return Reply(
                    body=answer.body,
                    headers=answer.headers,
                    sent_at=sent_at,
                    received_at=now,
                    evidence=kept,
                )
            self._note_wish(answer, now)
            wait_s = self._wait_s(answer, tries=tries, now=now)
            is_too_late = now + timedelta(seconds=wait_s) >= trace.deadline_at
            if not is_worth_retrying(answer) or tries == self.limits.tries_max or is_too_late:
                break
            await self._sleep(wait_s)
        attempt = Attempt(
            venue=self.name, call=call, address=self.address_of(question), tries=tries
        )
        raise error_of(answer, attempt, scrub=self.scrub, now=now)

    def _note_wish(self, answer: Answer, now: datetime) -> None:
        """Retry-After is meant for all calls with these keys, those of the next run too."""
        asked_s = min(asked_wait_s(answer, now=now) or 0.0, self.limits.quiet_s_max)
        until = now + timedelta(seconds=asked_s)
        self._quiet_until = until if self._quiet_until is None else max(until, self._quiet_until)

    async def _be_quiet(self, call: str, trace: Trace) -> None:
        """Wait as long as was asked for. Raises where that is longer than there is time."""
        while (left_s := self._quiet_s()) > 0:
            if self._clock.now() + timedelta(seconds=left_s) >= trace.deadline_at:
                raise VenueUnavailable(
                    f"asked to be left alone for another {left_s:.0f} s, so {call} was not sent",
                    venue=self.name,
                    advice=f"{ADVICE_AGAIN}; {RATE_ADVICE}",
                    retry_after_s=left_s,
                )
            await self._sleep(left_s)

    def _quiet_s(self) -> float:
        if self._quiet_until is None:
            return 0.0
        left_s = (self._quiet_until - self._clock.now()).total_seconds()
        return left_s if left_s <= self.limits.quiet_s_max else 0.0  # the clock was set back

    def _wait_s(self, answer: Answer, *, tries: int, now: datetime) -> float:
        """Longer with each try and never the same for two clients, but at least what is asked."""
        longest: float = min(self.limits.backoff_s * 2 ** (tries - 1), self.limits.backoff_s_max)
        return max(longest * (0.5 + self._chance() / 2), asked_wait_s(answer, now=now) or 0.0)

    def _evidence(self, call: str, answer: Answer, now: datetime) -> RawReply:
        body = self.scrub.bytes(answer.body)
        if len(body) > self.limits.evidence_bytes_max:
            call = f"{call} (the first {self.limits.evidence_bytes_max} of {len(body)} bytes)"
            body = body[: self.limits.evidence_bytes_max]
        if answer.fault is not None:
            call = f"{call} ({answer.fault})"
        return RawReply(call=call, status=answer.status, received_at=now, body=body)


def _judged(answer: Answer) -> Answer:
    """An answer of the gateway, whose errors are in the envelope, with the status they stand for.

    Errors of whatever is in front of the gateway keep the status they came with.
    """
    found = error_in(answer.body) if answer.fault is None else None
    if found is None:
        return answer
    status, wait_s = found
    headers = dict(answer.headers)
    if wait_s is not None:
        headers.setdefault("retry-after", f"{wait_s:g}")
    return replace(answer, status=status, headers=headers)


def mismatch(calls: Calls, message: str, advice: str) -> VenueRefused:
    """The refusal of what belongs to somebody else."""
    error = VenueRefused(f"{ACCOUNT_MISMATCH}: {message}", venue=calls.name, advice=advice)
    error.reason = ACCOUNT_MISMATCH
    return error


def with_evidence(error: VenueError, trace: Trace) -> VenueError:
    """The error with the replies that did arrive, as the port promises."""
    error.evidence = tuple(trace.replies)
    return error
