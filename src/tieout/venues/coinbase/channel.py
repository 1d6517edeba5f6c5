"""A socket that is heard until cancelled: verified, connected again whenever it ends.

The SDK's own client does not look at certificates, so that anybody on the way could take the
signature it sends; its signatures are used, its connection is not. What a socket says is a hint
that something happened and is never booked: messages are lost over every reconnect and none is
sent again. So each hint makes the portfolio be read.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from tieout.ports import News, Tell
from tieout.venues.coinbase.limits import Limits
from tieout.venues.http.scrub import shown
from tieout.venues.http.session import outside_of

CLOSED = (ConnectionClosed, InvalidHandshake, InvalidURI, OSError, TimeoutError)
REFUSED = "it was refused"


class Hearing(Protocol):
    """One connection, from its beginning to its end."""

    was_connected: bool

    async def until_lost(self, socket: ClientConnection) -> str:
        """Tell what comes until nothing does any more; why it ended."""
        ...


def tls_of(address: str, *, ca_file: str | None) -> ssl.SSLContext | None:
    """What a secure connection is verified with. A missing file is an OSError."""
    if not address.startswith("wss://"):
        return None
    url = address.replace("wss://", "https://", 1)
    bundle, _ = outside_of(url)
    return ssl.create_default_context(cafile=ca_file or bundle)


def pause_s(limits: Limits, failures: int, *, is_refused: bool) -> float:
    """How long to wait after so many failures in a row: a login does not become right by itself.

    >>> [pause_s(Limits(), 7, is_refused=each) for each in (False, True)]
    [30.0, 128.0]
    """
    longest_s = limits.refused_s_max if is_refused else limits.reconnect_s_max
    wait_s: float = limits.reconnect_s * 2 ** min(failures, 16)
    return min(wait_s, longest_s)


class Channel:
    """One address to listen to; `hearing` makes what listens to each of its connections."""

    def __init__(
        self,
        *,
        address: str,
        limits: Limits,
        ca_file: str | None,
        hearing: Callable[[Tell], Hearing],
    ) -> None:
        self.address = address
        self._limits = limits
        self._ca_file = ca_file
        self._hearing = hearing

    async def listen(self, tell: Tell) -> None:
        """Tell what is heard until cancelled; connects again whenever the connection ends."""
        failures = 0
        while True:
            hearing = self._hearing(tell)
            reason = await self._until_lost(hearing)
            is_refused = REFUSED in reason and not hearing.was_connected
            tell(News(kind="refused" if is_refused else "lost", reason=reason))
            failures = 0 if hearing.was_connected else failures + 1
            await asyncio.sleep(pause_s(self._limits, failures, is_refused=is_refused))

    async def _until_lost(self, hearing: Hearing) -> str:
        """One connection; why it ended or did not come about."""
        try:
            tls = tls_of(self.address, ca_file=self._ca_file)
            async with connect(
                self.address,
                ssl=tls,
                open_timeout=self._limits.connect_s,
                close_timeout=0,
                ping_interval=None,  # what is said tells more
                max_size=self._limits.message_bytes_max,
            ) as socket:
                return await hearing.until_lost(socket)
        except ssl.SSLError:
            return "its TLS certificate could not be verified, so nothing was sent"
        except CLOSED as error:
            return shown(str(error)) or type(error).__name__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r})"
