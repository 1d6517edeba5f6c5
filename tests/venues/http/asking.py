"""A venue of two lines in front of a server on loopback, for tests of what all venues share."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tieout.core.errors import VenueError
from tieout.venues.http.answers import Answer
from tieout.venues.http.bodies import list_of, object_in
from tieout.venues.http.calls import Calls, Reply
from tieout.venues.http.failures import Advice, Attempt
from tieout.venues.http.limits import HttpLimits
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.session import BodyTaker
from tieout.venues.http.trace import Trace
from venues.alpaca import FakeClock

SECRET = "planted/secret-0123456789"
PATIENT = HttpLimits(connect_s=5, read_s=5, call_s=5)


@dataclass(frozen=True)
class Question:
    path: str = "/things?page=1"

    @property
    def words(self) -> str:
        return f"GET {self.path}"


class Wire:
    """A client that does nothing but send."""

    def __init__(self, address: str, limits: HttpLimits = PATIENT) -> None:
        self._address = address
        self.session = requests.Session()
        self._taker = BodyTaker(limits)
        self._taker.take_over(self.session, address)

    def ask(self, question: Question) -> Answer:
        return self._taker.answer_to(lambda: self.session.get(self._address + question.path))

    def address_of(self, _: Question) -> str:
        return self._address

    def close(self) -> None:
        self.session.close()


def on_refusal(answer: Answer, attempt: Attempt) -> str | None:
    return f"set the keys of {attempt.venue}" if answer.status == 401 else None


ADVICE = Advice(name="Broker", rate="others share its limit", on_refusal=on_refusal)


class Bench:
    """Calls to a stub, by a clock that only moves where somebody waits."""

    def __init__(self, address: str, limits: HttpLimits = PATIENT, **more: Any) -> None:
        self.address = address
        self.clock = FakeClock()
        self.calls = Calls(
            Wire(address, limits),
            name="mine",
            address=address,
            advice=ADVICE,
            scrub=Scrub(SECRET),
            limits=limits,
            clock=self.clock,
            sleep=self.clock.sleep,
            chance=lambda: 0.0,
            **more,
        )

    def ask(self, path: str = "/things?page=1") -> tuple[object, Reply]:
        """One question in a reading of its own."""

        async def work(trace: Trace) -> tuple[object, Reply]:
            return await self.calls.ask(Question(path), things_in, trace=trace)

        return asyncio.run(self.calls.in_time(work))

    def failure(self, kind: type[VenueError] = VenueError) -> VenueError:
        with pytest.raises(kind) as caught:
            self.ask()
        return caught.value


def things_in(body: bytes) -> object:
    found = object_in(body, "things")
    list_of(found, "things", "things")
    return found
