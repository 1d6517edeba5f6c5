"""One client of a gateway: greeted, answered in turn, told of what happens."""

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from tieout.simulators.faults import (
    BodyEffect,
    ClockSkew,
    CloseStream,
    CutBody,
    Delay,
    DropMessages,
    DuplicateMessages,
    Effect,
    ErrorObject,
    FaultBook,
    HtmlBody,
    MuteStream,
    NullBody,
    Reset,
    SetField,
    Silence,
    StalePositions,
    Stall,
    Status,
    TradeMeanwhile,
    WrongAccount,
)
from tieout.simulators.ibkr_answers import Answer, Answers, Look
from tieout.simulators.ibkr_line import SIGNATURE, Gone, Wire
from tieout.simulators.ibkr_market import IbkrMarket
from tieout.simulators.ibkr_requests import Heard, Unreadable, heard
from tieout.simulators.ibkr_wire import Dialect, Message, encoded, error, framed, joined
from tieout.simulators.messages import Call
from tieout.simulators.spoiling import page, spoiled

METHOD = "TWS"  # what faults and calls know a request of this wire by
HANDSHAKE = "handshake"
WAITING_MAX = 1_000
SUMMARIES_MAX = 2
ANSWERED = 200
# A second, less what the line may shorten it by: clients that pace themselves send in bursts, and
# two bursts a second apart arrive closer together.
SECOND_S = 0.75
# What ends an answer, by its number: faults of messages may be aimed at it.
ENDS = {
    "52": "contractDetailsEnd",
    "53": "openOrderEnd",
    "54": "accountDownloadEnd",
    "55": "execDetailsEnd",
    "62": "positionEnd",
    "64": "accountSummaryEnd",
    "72": "positionMultiEnd",
    "74": "accountUpdateMultiEnd",
    "102": "completedOrdersEnd",
}
_OFFER = re.compile(r"v(\d+)\.\.(\d+)(?: .*)?")
WEB_PAGE = f"HTTP/1.1 502 Bad Gateway\r\n\r\n{page('502 Bad Gateway')}".encode()


class Gateway(Protocol):
    """What a session needs to know of the gateway it belongs to."""

    market: IbkrMarket
    dialect: Dialect
    answers: Answers
    faults: FaultBook
    calls: deque[Call]
    chance: Random

    def admit(self, session: "Session", client_id: int) -> Answer: ...

    def name_of(self, number: str) -> str | None: ...

    def first_number(self) -> str: ...

    def is_account_taken(self, session: "Session", number: str) -> bool: ...

    def trade_meanwhile(self, effects: Sequence[Effect], *, is_midway: bool) -> None: ...


class Session:
    """A connection from its greeting to its end. Used in the server's thread only."""

    def __init__(self, wire: Wire, gateway: Gateway) -> None:
        self.client_id: int | None = None
        self.is_mute = False
        self.has_positions = False
        self.multi: dict[str, tuple[str, str]] = {}  # account number and model by request
        self.account = ""  # the number of the account whose updates are sent
        self._summaries: set[str] = set()
        self._wire = wire
        self._gateway = gateway
        self._version = 0
        self._heard: asyncio.Queue[bytes] = asyncio.Queue(WAITING_MAX)
        self._times: deque[float] = deque()

    async def hold(self) -> None:
        """Until one of both leaves."""
        answering = asyncio.create_task(self._answer_all())
        try:
            while True:
                payload = await self._wire.frame()
                if self._is_too_fast():
                    break
                await self._heard.put(payload)
        except Gone:
            pass
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    def say(self, *messages: Message) -> None:
        self._write(joined(messages, self._version))

    def copies(self, name: str, account: str | None) -> int:
        """How often a message is sent, after what faults make of it and of this connection."""
        count = 1
        for effect in self._gateway.faults.for_message(name, account):
            match effect:
                case DropMessages():
                    count = 0
                case DuplicateMessages():
                    count += effect.copies
                case MuteStream():
                    self.is_mute = True
                case CloseStream():
                    self.close()
                case _:
                    raise AssertionError(effect)
        return count

    def close(self) -> None:
        self._wire.close()

    def _write(self, data: bytes) -> None:
        if not self.is_mute:
            self._wire.write(data)

    def _is_too_fast(self) -> bool:
        """Counts a message; above the limit the client is told so and put out."""
        limit = self._gateway.dialect.messages_per_second
        now = asyncio.get_running_loop().time()
        self._times.append(now)
        while now - self._times[0] > SECOND_S:
            self._times.popleft()
        count = len(self._times)
        if limit is None or count <= limit:
            return False
        rate = f"Max rate of messages per second has been exceeded:max={limit} rec={count} (1)"
        self.say(error(100, rate))
        self._wire.close()
        return True

    async def _answer_all(self) -> None:
        try:
            await self._greet()
            while True:
                await self._answer(await self._heard.get())
        except Gone:
            pass
        finally:
            self._wire.close()

    # The handshake.

    async def _greet(self) -> None:
        offer = (await self._heard.get()).decode(errors="replace")
        found = _OFFER.fullmatch(offer)
        dialect = self._gateway.dialect
        version = dialect.forced_version or min(
            dialect.server_version, int(found[2]) if found else 0
        )
        effects = self._gateway.faults.for_call(METHOD, HANDSHAKE, None)
        status = await self._on_the_way(effects, HANDSHAKE, "-1")
        self._note(HANDSHAKE, {"offer": offer}, None, status)
        if found is None or status is None:
            raise Gone
        self._version = version
        at = self._gateway.market.clock().astimezone(ZoneInfo(dialect.time_zone))
        greeting = framed(f"{version}\0{at:%Y%m%d %H:%M:%S %Z}\0".encode())
        await self._send(effects, [greeting])

    # Requests.

    async def _answer(self, payload: bytes) -> None:
        try:
            asked = heard(payload)
        except Unreadable as unreadable:
            self._note("unreadable", {"text": str(unreadable)}, None, 320)
            self.say(error(320, f"Error reading request. {unreadable}"))
            return
        if self.client_id is None and asked.name != "startApi":
            return  # nothing is said before the client has named itself
        account = self._gateway.name_of(asked["account"])
        effects = self._gateway.faults.for_call(METHOD, asked.name, account)
        status = await self._on_the_way(effects, asked.name, asked.req_id)
        self._note(asked.name, asked.fields, account, status)
        if asked.name == "startApi" and status not in (ANSWERED, None):
            raise Gone  # who was not let in is put out
        if status != ANSWERED:
            return
        refused = self._subscribe(asked)
        if refused is not None:
            self.say(refused)
        else:
            await self._tell(asked, effects)

    async def _on_the_way(self, effects: Sequence[Effect], name: str, req_id: str) -> int | None:
        """What happens before the answer: how it will have been answered, None for not at all."""
        for effect in effects:
            match effect:
                case Delay():
                    await asyncio.sleep(effect.seconds)
                case Status():
                    self.say(error(effect.code, effect.message, req_id=req_id))
                    return effect.code
                case Reset():
                    self._wire.reset()
                    raise Gone
                case Silence() if name == HANDSHAKE:
                    await self._wire.ended()
                    return None
                case Silence():
                    return None
                case _:
                    pass  # it befalls the answer, later
        return ANSWERED

    def _subscribe(self, asked: Heard) -> Message | None:
        """What the client is told of from now on, or no more; a refusal where it may not."""
        match asked.name:
            case "reqPositions" | "cancelPositions":
                self.has_positions = asked.name == "reqPositions"
            case "reqPositionsMulti":
                self.multi[asked.req_id] = (asked["account"], asked["model"])
            case "cancelPositionsMulti":
                self.multi.pop(asked.req_id, None)
            case "reqAccountUpdates":
                return self._subscribe_account(asked)
            case "reqAccountSummary":
                if len(self._summaries - {asked.req_id}) >= SUMMARIES_MAX:
                    return error(322, req_id=asked.req_id)
                self._summaries.add(asked.req_id)
            case "cancelAccountSummary":
                self._summaries.discard(asked.req_id)
            case _:
                pass  # an answer and no more
        return None

    def _subscribe_account(self, asked: Heard) -> Message | None:
        """One account at a time: another request replaces the first, another client must wait."""
        if asked["subscribe"] != "1":
            self.account = ""
            return None
        wanted = asked["account"] or self._gateway.first_number()
        if self._gateway.is_account_taken(self, wanted):
            return error(2101)
        if self.account not in ("", wanted):
            self.say(error(2100))
        self.account = wanted
        return None

    async def _tell(self, asked: Heard, effects: Sequence[Effect]) -> None:
        gateway = self._gateway
        look = Look()
        for effect in effects:
            match effect:
                case StalePositions():
                    moment = gateway.market.clock() - timedelta(seconds=effect.seconds)
                    look = replace(look, positions_at=moment)
                case ClockSkew():
                    look = replace(look, skew=look.skew + timedelta(seconds=effect.seconds))
                case _:
                    pass  # it befalls the rows, or the bytes
        gateway.trade_meanwhile(effects, is_midway=False)
        if asked.name == "startApi":
            answer = gateway.admit(self, int(asked["clientId"] or "0"))
        else:
            answer = gateway.answers.to(asked, look)
        messages = self._seen_through(effects, answer)
        await self._send(effects, [encoded(message, self._version) for message in messages])
        if asked.name == "startApi" and self.client_id is None:
            raise Gone

    def _seen_through(self, effects: Sequence[Effect], answer: Answer) -> list[Message]:
        """The messages, after what the effects make of the rows."""
        rows: Any = answer.rows
        for effect in effects:
            match effect:
                case WrongAccount():
                    rows = [_renumbered(row, effect.account) for row in rows]
                case ErrorObject():
                    rows = [error(effect.code, effect.message)]
                case ClockSkew() | NullBody() | HtmlBody():
                    pass  # the clock was wrong already, the others befall the bytes
                case _:
                    rows = self._spoiled(effect, rows)
        return [*map(_texts, rows), *self._ends(answer.end)]

    def _ends(self, messages: list[Message]) -> list[Message]:
        """What says that an answer is whole, unless it is lost on the way."""
        told: list[Message] = []
        for message in messages:
            name = ENDS.get(message["id"])
            told += [message] * (1 if name is None else self.copies(name, None))
        return told

    def _spoiled(self, effect: Effect, rows: Any) -> Any:
        if isinstance(effect, SetField):
            return _with_field(effect, rows)
        if isinstance(effect, BodyEffect):
            return spoiled(effect, rows, self._gateway.chance)
        return rows

    async def _send(self, effects: Sequence[Effect], frames: list[bytes]) -> None:
        for effect in effects:
            match effect:
                case HtmlBody():
                    frames = [WEB_PAGE]
                case NullBody():
                    frames = [framed(b"")]
                case CutBody():
                    self._write(_cut(frames, effect.keep))
                    raise Gone
                case Stall():
                    self._write(_cut(frames, effect.keep))
                    await self._wire.ended()
                    raise Gone
                case _:
                    pass
        half = len(frames) // 2
        self._write(b"".join(frames[:half]))
        if any(isinstance(effect, TradeMeanwhile) for effect in effects):
            self._gateway.trade_meanwhile(effects, is_midway=True)
            await asyncio.sleep(0)  # what was traded is told before the rest
        self._write(b"".join(frames[half:]))
        await self._wire.drained()

    def _note(self, name: str, fields: Any, account: str | None, status: int | None) -> None:
        self._gateway.calls.append(Call(METHOD, name, dict(fields), account, status))


def _renumbered(row: Message, account: str) -> Message:
    names = [name for name in ("account", "accounts") if name in row]
    return row | dict.fromkeys(names, account)


def _texts(row: Any) -> Message:
    """A field that was set to nothing is left out, which makes the row undecodable."""
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else str(value)
        for name, value in row.items()
        if value is not None
    }


def _with_field(effect: SetField, rows: list[Message]) -> list[Any]:
    """Rows that have the field are counted; where none has, it is added to any."""
    having = [index for index, row in enumerate(rows) if effect.field in row]
    meant = having or [*range(len(rows))]
    chosen = meant if effect.row is None else meant[effect.row : effect.row + 1]
    return [
        {**row, effect.field: effect.value} if index in chosen else row
        for index, row in enumerate(rows)
    ]


def _cut(frames: list[bytes], keep: float) -> bytes:
    """The first part of what would have been sent, which ends inside a message."""
    whole = b"".join(frames)
    count = min(max(int(len(whole) * keep), 1), len(whole) - 1)
    ends, end = set(), 0
    for frame in frames:
        end += len(frame)
        ends.add(end)
    return whole[: count - 1] if count in ends else whole[:count]


async def is_client(wire: Wire) -> bool:
    """Whether it speaks the socket protocol; a web client does not. Raises `Gone`."""
    if await wire.peek(len(SIGNATURE)) != SIGNATURE:
        return False
    await wire.take(len(SIGNATURE))
    return True
