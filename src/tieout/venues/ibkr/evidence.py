"""What a gateway sent, kept with the run: its messages as they came, one on each line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tieout.core.errors import VenueError
from tieout.ports import RawReply
from tieout.venues.ibkr.heard import Frame, account_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came until it was answered, or until there was no more waiting."""

    call: str
    ended_at: datetime
    frames: tuple[Frame, ...]


@dataclass(slots=True)
class Trace:
    """What one reading has asked and heard so far."""

    exchanges: list[Exchange] = field(default_factory=list)

    def replies(self, *, account: str | None = None, bytes_max: int) -> tuple[RawReply, ...]:
        """The exchanges as evidence; of an account, without the rows of others."""
        return tuple(_reply(each, account, bytes_max) for each in self.exchanges)


def _reply(exchange: Exchange, account: str | None, bytes_max: int) -> RawReply:
    frames = (each for each in exchange.frames if account in (None, account_in(each) or account))
    call, body = exchange.call, body_of(frames)
    if len(body) > bytes_max:
        call = f"{call} (the first {bytes_max} of {len(body)} bytes)"
        body = body[:bytes_max]
    # A gateway gives no status: an answer, or an error that is among the messages.
    return RawReply(call=call, status=None, received_at=exchange.ended_at, body=body)


def body_of(frames: Iterable[Frame]) -> bytes:
    """Fields end with NUL as on the wire, messages with a line's end in place of the length."""
    return b"".join("".join(f"{each}\0" for each in frame).encode() + b"\n" for frame in frames)


def with_evidence(error: VenueError, trace: Trace, *, bytes_max: int) -> VenueError:
    """The error with what did arrive, as the port promises."""
    error.evidence = trace.replies(bytes_max=bytes_max)
    return error
