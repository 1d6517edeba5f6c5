"""Events as frames of `text/event-stream`, encoded once for everybody."""

from dataclasses import dataclass
from typing import NamedTuple

from tieout.ports import StoredEvent

HEARTBEAT = b":\n\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it goes over the wire, with what clients choose by."""

    id: int
    type: str
    account: str
    body: bytes


class Wanted(NamedTuple):
    """Which events a client asked for; nothing named means all.

    A plain tuple, as it is looked up by for every client and every piece that is written.
    """

    types: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def has(self, frame: Frame) -> bool:
        """Whether a client wants this one."""
        return (not self.types or frame.type in self.types) and (
            not self.accounts or frame.account in self.accounts
        )


EVERYTHING = Wanted()


def frame_of(stored: StoredEvent) -> Frame:
    """An event of the outbox as a frame; its id is what a client resumes after."""
    event = stored.event
    lines = [f"id: {stored.id}", f"event: {event.type}"]
    lines += [f"data: {line}" for line in event.payload.splitlines() or [""]]
    text = "\n".join(lines) + "\n\n"
    return Frame(id=stored.id, type=event.type, account=stored.account or "", body=text.encode())


def greeting(position: int, *, retry_ms: int) -> bytes:
    """What a client is told first: where it stands, so that it resumes there, and when to retry.

    A frame without data is no event; it only sets the id that is sent back on a reconnect.
    """
    return f"retry: {retry_ms}\nid: {position}\n\n".encode()


def gap(after: int) -> bytes:
    """Said to a client that was away so long that some of what it missed is no longer kept."""
    return f'event: stream:gap\ndata: {{"after": {after}}}\n\n'.encode()
