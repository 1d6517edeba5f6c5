"""Questions to ccxt: one at a time in a thread, tried again where that helps, replies kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tieout.core.errors import VenueError
from tieout.ports import Clock, RawReply
from tieout.venues.ccxt.failures import (
    Answer,
    asked_wait_s,
    error_of,
    is_unsupported,
    is_worth_retrying,
)
from tieout.venues.ccxt.limits import Limits
from tieout.venues.ccxt.quirks import KNOWN
from tieout.venues.ccxt.scrub import Scrub
from tieout.venues.ccxt.sdk import Heard, Taker

Sleep = Callable[[float], Awaitable[None]]
Chance = Callable[[], float]  # a number from 0 up to 1

READS = frozenset(
    {"load_markets", "fetch_positions", "fetch_balance", "fetch_my_trades", "fetch_funding_history"}
    | {each.identity.method for each in KNOWN.values() if each.identity}
)


class NotTold(Exception):
    """ccxt cannot ask this exchange that, or not in this way. Nothing was sent."""


@dataclass(slots=True)
class Trace:
    """What one reading has asked and heard so far, and by when it must be done."""

    deadline_at: datetime
    replies: list[RawReply] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One of ccxt's methods with what it is given."""

    method: str
    arguments: tuple[Any, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        given = [str(each) for each in self.arguments if each is not None]
        given += [f"{name}={value}" for name, value in self.parameters.items()]
        return f"{self.method}({', '.join(given)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """When the last single request was sent and answered, and the headers of the answer."""

    sent_at: datetime
    received_at: datetime
    headers: Mapping[str, str]


class Calls:
    """Asks one exchange with one login. Nothing here shows the keys."""

    def __init__(
        self,
        exchange: Any,
        taker: Taker,
        *,
        name: str,
        scrub: Scrub,
        limits: Limits,
        clock: Clock,
        sleep: Sleep,
        chance: Chance,
    ) -> None:
        self.name = name
        self.exchange = exchange
        self.limits = limits
        self.scrub = scrub
        self.heard: Spoken | None = None
        self._taker = taker
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        # ccxt keeps state of its own between a request and its reply: never two at once.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"ccxt-{name}")

    async def ask(self, question: Question, trace: Trace) -> Any:
        """What ccxt makes of the reply. Raises NotTold, or the error the last try ended with."""
        assert question.method in READS, question.method
        for tries in range(1, self.limits.tries_max + 1):
            answer = await self._answer(question)
            self._keep(question, answer, trace)
            if is_unsupported(answer):
                raise NotTold(self.scrub.text(str(answer.error)))
            error = error_of(answer, venue=self.name, words=question.words, scrub=self.scrub)
            if error is None:
                return answer.value
            wait_s = self._wait_s(answer, tries)
            is_late = self.now() + timedelta(seconds=wait_s) >= trace.deadline_at
            if not is_worth_retrying(error) or tries == self.limits.tries_max or is_late:
                raise error
            await self._sleep(wait_s)
        raise AssertionError("at least one try is made")

    async def pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    def now(self) -> datetime:
        return self._clock.now()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._taker.close()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"ccxt-{self.name}")

    async def _answer(self, question: Question) -> Answer:
        sent_at = self.now()
        answer = await asyncio.get_running_loop().run_in_executor(
            self._thread, self._asked, question
        )
        if answer.last is not None and len(answer.heard) == 1:
            headers = answer.last.headers
            self.heard = Spoken(sent_at=sent_at, received_at=self.now(), headers=headers)
        return answer

    def _asked(self, question: Question) -> Answer:
        self._taker.heard = []
        try:
            method = getattr(self.exchange, question.method)
            if question.method == "load_markets":
                value = method(True)
            else:
                value = method(*question.arguments, dict(question.parameters))
        except Exception as error:  # whatever ccxt stumbles over in a reply is the reply's
            return Answer(None, error, tuple(self._taker.heard))
        return Answer(value, None, tuple(self._taker.heard))

    def _wait_s(self, answer: Answer, tries: int) -> float:
        """Longer with each try and never the same for two clients, but at least what is asked."""
        longest: float = min(self.limits.backoff_s * 2 ** (tries - 1), self.limits.backoff_s_max)
        return max(longest * (0.5 + self._chance() / 2), asked_wait_s(answer) or 0.0)

    def _keep(self, question: Question, answer: Answer, trace: Trace) -> None:
        is_market = question.method == "load_markets"
        limits = self.limits
        bytes_max = limits.market_bytes_max if is_market else limits.evidence_bytes_max
        for heard in answer.heard:
            trace.replies.append(self._evidence(question, heard, bytes_max))

    def _evidence(self, question: Question, heard: Heard, bytes_max: int) -> RawReply:
        body = self.scrub.bytes(heard.body)
        call = f"{question.words}: {heard.method} {heard.place}"
        if len(body) > bytes_max:
            call = f"{call} (the first {bytes_max} of {len(body)} bytes)"
        if heard.fault is not None or heard.status is None:
            call = f"{call} ({heard.fault or 'no reply'})"
        return RawReply(
            call=call, status=heard.status, received_at=self.now(), body=body[:bytes_max]
        )


def with_evidence(error: VenueError, trace: Trace) -> VenueError:
    """The error with the replies that did arrive, as the port promises."""
    error.evidence = tuple(trace.replies)
    return error
