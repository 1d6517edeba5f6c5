"""A client of the event stream on a plain socket, so that a test can read slowly or not at all."""

import json
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from web.house import secret_of

WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Told:
    """One frame; a comment has nothing but its text."""

    id: int | None
    type: str | None
    data: Any
    text: str


class Listener:
    """Asks for events and reads what comes, frame by frame."""

    def __init__(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        receive_bytes: int | None = None,
        **query: Any,
    ) -> None:
        place = urlsplit(url)
        self._socket = socket.socket()
        self._socket.settimeout(WAIT_S)
        if receive_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.connect((place.hostname, place.port))
        given = {"X-API-Key": secret_of("read")} if headers is None else headers
        lines = [
            f"GET /api/stream/events?{urlencode(query, doseq=True)} HTTP/1.0",
            "Host: localhost",
        ]
        lines += [f"{name}: {text}" for name, text in given.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._buffer = b""
        self.is_over = False
        head = self._until(b"\r\n\r\n")
        self.status = int(head.split()[1])
        self.head = head.decode().lower()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def _until(self, mark: bytes) -> bytes:
        ends_at = time.monotonic() + WAIT_S
        while mark not in self._buffer:
            assert time.monotonic() < ends_at, f"{mark!r} never came: {self._buffer!r}"
            try:
                found = self._socket.recv(65_536)
            except ConnectionError:  # cut off
                found = b""
            if not found:
                self.is_over = True
                return b""
            self._buffer += found
        part, _, self._buffer = self._buffer.partition(mark)
        return part

    def frame(self) -> Told | None:
        """The next frame; None once the stream is over."""
        text = self._until(b"\n\n").decode()
        if self.is_over:
            return None
        fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        return Told(
            id=int(fields["id"]) if "id" in fields else None,
            type=fields.get("event"),
            data=json.loads(fields["data"]) if "data" in fields else None,
            text=text,
        )

    def events(self, count: int) -> list[Told]:
        """The next events, without greetings and heartbeats."""
        found: list[Told] = []
        while len(found) < count:
            told = self.frame()
            assert told is not None, f"the stream ended after {len(found)} of {count} events"
            if told.type is not None:
                found.append(told)
        return found

    def rest(self) -> list[Told]:
        """Everything up to the end of the stream."""
        found = []
        while (told := self.frame()) is not None:
            found.append(told)
        return found
