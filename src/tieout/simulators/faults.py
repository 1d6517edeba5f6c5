"""What can go wrong between a broker and its client, on demand.

A fault is an effect and a target: which calls, from which one on, how often or for how long.

    faults.add(Fault(Status(502), path="/v2/positions*", times=3))
    faults.add(Fault(Delay(seconds=2), skip=1))                     # only the second call
    faults.add(Fault(EmptyList(), path="/v2/positions", times=None, for_s=60))

Over HTTP the same is JSON: `{"effect": {"type": "status", "code": 502}, "path": "/v2/*"}`.
"""

import itertools
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import get_args

from msgspec import Struct

FAULTS_MAX = 1_000


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Effect(Struct, frozen=True, tag_field="type", tag=_snake, forbid_unknown_fields=True):
    """One way for a call to go wrong."""


class Delay(Effect, frozen=True):
    """The answer is right, but late."""

    seconds: float


class Status(Effect, frozen=True):
    """An error instead of an answer: 429 and 503 with Retry-After, 502 as a web page."""

    code: int
    retry_after_s: int = 3
    message: str = ""


class Reset(Effect, frozen=True):
    """The connection is reset before a reply."""


class Silence(Effect, frozen=True):
    """The connection stays open and nothing is ever said."""


class CutBody(Effect, frozen=True):
    """The connection ends inside the body, of which `keep` (0 to 1) was sent."""

    keep: float = 0.5


class WrongAccount(Effect, frozen=True):
    """The answer is about another account."""

    account: str


class StalePositions(Effect, frozen=True):
    """Positions as they were `seconds` ago; everything else is of now."""

    seconds: float


class EmptyList(Effect, frozen=True):
    """An empty list, with 200."""


class EmptyRows(Effect, frozen=True):
    """The right kind of body, but every list in it is empty."""


class NullBody(Effect, frozen=True):
    """The word null, with 200."""


class HtmlBody(Effect, frozen=True):
    """A web page, with 200."""


class ErrorObject(Effect, frozen=True):
    """An error in words, with 200."""

    code: int = 50010000
    message: str = "internal server error occurred"


class ShortPage(Effect, frozen=True):
    """A page from which the last rows are missing, without a sign of it."""

    rows: int = 1


class DuplicateRows(Effect, frozen=True):
    """The first rows come twice."""

    rows: int = 1


class ReorderRows(Effect, frozen=True):
    """The rows come in another order."""


class SetField(Effect, frozen=True):
    """A field of row number `row` (None: of every row) is something else: "NaN", "", null, 5.0,
    an exchange nobody knows. Dots lead into objects: "assetPositions.position.szi"."""

    field: str
    value: str | int | float | bool | None
    row: int | None = 0


class RepeatCursor(Effect, frozen=True):
    """The cursor that a page was asked for by comes back with it, as if more followed. The first
    page, which was asked for by none, becomes the last."""


class LastPage(Effect, frozen=True):
    """The page says that no more follow, though they do."""


class BareNumbers(Effect, frozen=True):
    """Numbers come as JSON numbers instead of text."""


class ClockSkew(Effect, frozen=True):
    """The broker's clock is ahead by `seconds` (behind: below zero): the Date header and every
    time in the body."""

    seconds: float


class DropMessages(Effect, frozen=True):
    """The message never arrives."""


class DuplicateMessages(Effect, frozen=True):
    """The message arrives again, `copies` more times."""

    copies: int = 1


class MuteStream(Effect, frozen=True):
    """From this message on the socket says nothing more, but stays open."""


class CloseStream(Effect, frozen=True):
    """The socket is closed, at once."""

    code: int = 1011


BodyEffect = (
    EmptyList
    | EmptyRows
    | NullBody
    | HtmlBody
    | ErrorObject
    | ShortPage
    | DuplicateRows
    | ReorderRows
    | SetField
    | RepeatCursor
    | LastPage
    | BareNumbers
    | ClockSkew
)
WayEffect = Delay | Status | Reset | Silence
CallEffect = WayEffect | CutBody | WrongAccount | StalePositions | BodyEffect
AnyStreamEffect = DropMessages | DuplicateMessages | MuteStream | CloseStream
AnyEffect = CallEffect | AnyStreamEffect


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """An effect and what it befalls. `path` and `method` may hold `*`; the first `skip` calls
    that match are spared; `times` None means until removed or until `for_s` seconds are over."""

    effect: AnyEffect
    path: str = "*"
    method: str = "*"
    account: str | None = None
    skip: int = 0
    times: int | None = 1
    for_s: float | None = None


@dataclass(slots=True)
class Standing:
    """A fault in force, and what it has done so far."""

    number: int
    fault: Fault
    until: datetime | None
    seen: int = 0
    fired: int = 0

    def fires(self, method: str, path: str, account: str | None) -> bool:
        """Counts a call; says whether the fault befalls it."""
        fault = self.fault
        if not (fnmatchcase(path, fault.path) and fnmatchcase(method, fault.method)):
            return False
        if fault.account not in (None, account):
            return False
        self.seen += 1
        if self.seen <= fault.skip:
            return False
        self.fired += 1
        return True

    def is_over(self, now: datetime) -> bool:
        if self.until is not None and now >= self.until:
            return True
        return self.fault.times is not None and self.fired >= self.fault.times


class FaultBook:
    """The faults in force. May be used from any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._standing: list[Standing] = []
        self._listeners: list[Callable[[Standing], None]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault | AnyEffect) -> int:
        """Puts a fault in force and returns its number. A bare effect befalls the next call."""
        if isinstance(fault, Effect):
            fault = Fault(fault)
        with self._lock:
            if len(self._standing) >= FAULTS_MAX:
                raise ValueError(f"{FAULTS_MAX} faults are in force; remove some")
            until = None
            if fault.for_s is not None:
                until = self._clock() + timedelta(seconds=fault.for_s)
            standing = Standing(next(self._numbers), fault, until)
            self._standing.append(standing)
        for listener in self._listeners:
            listener(standing)
        return standing.number

    def remove(self, number: int | None = None) -> int:
        """Ends one fault, or all; says how many that were."""
        with self._lock:
            kept = [] if number is None else [s for s in self._standing if s.number != number]
            count = len(self._standing) - len(kept)
            self._standing = kept
            return count

    def standing(self) -> list[Standing]:
        with self._lock:
            self._forget_past()
            return list(self._standing)

    def listen(self, listener: Callable[[Standing], None]) -> None:
        """Calls `listener` with every fault that is added."""
        self._listeners.append(listener)

    def for_call(self, method: str, path: str, account: str | None) -> list[Effect]:
        """The effects that befall this call, in the order they were added; they count as used."""
        return self._take(CallEffect, method, path, account)

    def for_upgrade(self, path: str) -> list[Effect]:
        """The effects that befall a connection becoming a stream: those on the way."""
        return self._take(WayEffect, "GET", path, None)

    def for_message(self, path: str, account: str | None) -> list[Effect]:
        """The effects that befall this message of a stream."""
        return self._take(AnyStreamEffect, "STREAM", path, account)

    def _take(self, kinds: object, method: str, path: str, account: str | None) -> list[Effect]:
        with self._lock:
            self._forget_past()
            return [
                each.fault.effect
                for each in self._standing
                if isinstance(each.fault.effect, get_args(kinds))
                and each.fires(method, path, account)
            ]

    def _forget_past(self) -> None:
        now = self._clock()
        self._standing = [each for each in self._standing if not each.is_over(now)]
