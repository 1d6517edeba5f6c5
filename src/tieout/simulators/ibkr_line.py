"""One client's socket: bytes in, bytes out, and the ways to end it."""

import asyncio
import socket
import struct
from collections.abc import Callable

FRAME_BYTES_MAX = 1 << 20
UNREAD_BYTES_MAX = 1 << 22
UNSENT_BYTES_MAX = 1 << 26
SIGNATURE = b"API\0"


class Gone(Exception):
    """The connection has ended."""


class Wire(asyncio.Protocol):
    """A connection that is read piece by piece. Used in the server's thread only."""

    def __init__(self, welcome: Callable[["Wire"], None]) -> None:
        self.chunk_bytes: int | None = None
        self._welcome = welcome
        self._unread = bytearray()
        self._arrived = asyncio.Event()
        self._is_writable = asyncio.Event()
        self._is_writable.set()
        self._is_over = False
        self._transport: asyncio.Transport

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._welcome(self)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if len(self._unread) > UNREAD_BYTES_MAX:
            self.reset()
        self._arrived.set()

    def connection_lost(self, _: Exception | None) -> None:
        self._is_over = True
        self._arrived.set()
        self._is_writable.set()

    def pause_writing(self) -> None:
        self._is_writable.clear()

    def resume_writing(self) -> None:
        self._is_writable.set()

    # What a session does.

    async def peek(self, count: int) -> bytes:
        """The next bytes, which are left where they are. Raises `Gone`."""
        while len(self._unread) < count:
            if self._is_over:
                raise Gone
            self._arrived.clear()
            await self._arrived.wait()
        return bytes(self._unread[:count])

    async def take(self, count: int) -> bytes:
        taken = await self.peek(count)
        del self._unread[:count]
        return taken

    async def frame(self) -> bytes:
        """One message without its length. Raises `Gone`, also for one that is too long."""
        length = int.from_bytes(await self.take(4), "big")
        if length > FRAME_BYTES_MAX:
            self.close()
            raise Gone
        return await self.take(length)

    def write(self, data: bytes) -> None:
        """Sends, in pieces where that is wanted; who reads too slowly is dropped."""
        if self._transport.is_closing():
            return
        size = self.chunk_bytes or max(len(data), 1)
        for start in range(0, len(data), size):
            self._transport.write(data[start : start + size])
        if self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self.reset()

    async def drained(self) -> None:
        await self._is_writable.wait()

    async def ended(self) -> None:
        """Waits until the client has left."""
        while not self._is_over:
            self._arrived.clear()
            await self._arrived.wait()

    def close(self) -> None:
        """Ends the connection when all that was written is sent."""
        self._transport.close()

    def reset(self) -> None:
        """Drops it at once; the client reads "connection reset by peer"."""
        raw: socket.socket = self._transport.get_extra_info("socket")
        if raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Lets somebody else go on with what has come and will come."""
        unread, self._unread = bytes(self._unread), bytearray()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(unread)
