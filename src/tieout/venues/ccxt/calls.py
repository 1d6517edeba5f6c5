"""Questions to ccxt: one at a time in a thread, tried again where that helps, replies kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tieout.core.errors import VenueReplyInvalid
from tieout.ports import Clock, RawReply
from tieout.venues.ccxt.failures import (
    ADVICE_INVALID,
    ADVICE_RATE,
    Answer,
    error_of,
    is_unsupported,
    is_worth_retrying,
)
from tieout.venues.ccxt.foreign import other_subject
from tieout.venues.ccxt.limits import Limits
from tieout.venues.ccxt.quirks import KNOWN, quirks_of
from tieout.venues.ccxt.sdk import Heard, Taker
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.trace import Trace, evidence_of, in_time
from tieout.venues.http.waiting import Chance, Quiet, Sleep, asked_wait_s, backoff_s

Result = TypeVar("Result")

READS = frozenset(
    {"load_markets", "fetch_positions", "fetch_balance", "fetch_my_trades", "fetch_funding_history"}
    | {each.identity.method for each in KNOWN.values() if each.identity}
)


class NotTold(Exception):
    """ccxt cannot ask this exchange that, or not in this way. Nothing was sent."""


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
        self._quiet = Quiet(
            venue=name,
            rate_advice=ADVICE_RATE,
            longest_s=limits.quiet_s_max,
            clock=clock,
            sleep=sleep,
        )
        # ccxt keeps state of its own between a request and its reply: never two at once.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"ccxt-{name}")

    async def ask(self, question: Question, trace: Trace) -> Any:
        """What ccxt makes of the reply. Raises NotTold, or the error the last try ended with."""
        return (await self.answer(question, trace)).value

    async def answer(self, question: Question, trace: Trace) -> Answer:
        """The same with what was heard on the wire."""
        assert question.method in READS, question.method
        for tries in range(1, self.limits.tries_max + 1):
            await self._quiet.keep(question.words, deadline_at=trace.deadline_at)
            answer = await self._answer(question)
            self._keep(question, answer, trace)
            if is_unsupported(answer):
                raise NotTold(self.scrub.text(str(answer.error)))
            wish_s = asked_wait_s(answer.last, now=self.now()) if answer.last else None
            error = error_of(
                answer, venue=self.name, words=question.words, scrub=self.scrub, wish_s=wish_s
            )
            if error is None:
                return self._about(question, answer)
            self._quiet.note(wish_s)
            wait_s = max(self._backoff_s(tries), wish_s or 0.0)
            is_late = self.now() + timedelta(seconds=wait_s) >= trace.deadline_at
            if not is_worth_retrying(error) or tries == self.limits.tries_max or is_late:
                raise error
            await self._sleep(wait_s)
        raise AssertionError("at least one try is made")

    def _about(self, question: Question, answer: Answer) -> Answer:
        """The answer, unless it says itself that it is about something else."""
        other = other_subject(answer.heard, quirks_of(self.exchange.id).echo)
        if other is None:
            return answer
        raise VenueReplyInvalid(
            f"{question.words}: {other}", venue=self.name, advice=ADVICE_INVALID
        )

    async def in_time(self, work: Callable[[Trace], Awaitable[Result]]) -> Result:
        """Do a reading within its deadline. Every VenueError has the replies that did arrive."""
        return await in_time(
            work,
            deadline_s=self.limits.deadline_s,
            clock=self._clock,
            venue=self.name,
            whom=self.exchange.id,
        )

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
        # What else an exchange that is not known answers instead of an empty list, nobody knows.
        quirks = quirks_of(self.exchange.id)
        is_position = question.method == "fetch_positions"
        is_list = quirks.is_list or (is_position and quirks.by_id is None)
        value, error = None, None
        try:
            method = getattr(self.exchange, question.method)
            if question.method == "load_markets":
                value = method(True)
            else:
                value = method(*question.arguments, dict(question.parameters))
        except Exception as wrong:  # whatever ccxt stumbles over in a reply is the reply's
            error = wrong
        return Answer(value, error, tuple(self._taker.heard), is_list, quirks.passing)

    def _backoff_s(self, tries: int) -> float:
        least_s, most_s = self.limits.backoff_s, self.limits.backoff_s_max
        return backoff_s(tries, least_s=least_s, most_s=most_s, chance=self._chance)

    def _keep(self, question: Question, answer: Answer, trace: Trace) -> None:
        is_market = question.method == "load_markets"
        limits = self.limits
        bytes_max = limits.market_bytes_max if is_market else limits.evidence_bytes_max
        for heard in answer.heard:
            trace.replies.append(self._evidence(question, heard, bytes_max))

    def _evidence(self, question: Question, heard: Heard, bytes_max: int) -> RawReply:
        return evidence_of(
            f"{question.words}: {heard.method} {heard.place}",
            body=heard.body,
            status=heard.status,
            fault=heard.fault or ("no reply" if heard.status is None else None),
            at=self.now(),
            scrub=self.scrub,
            bytes_max=bytes_max,
        )
