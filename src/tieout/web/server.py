"""The application on a real socket, until a signal ends it."""

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from litestar import Litestar

from tieout.core.errors import SettingsError

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SIGNALLED = 128  # 130 after Ctrl-C, 143 after SIGTERM, as shells have it
AT_ONCE = b"tieout: stopped at once; a run that was in progress is left, it booked nothing\n"
BACKLOG = 2048
OPEN_FILES = 8192
LAST_ANSWERS_S = 5  # for those who are told at the limit that they waited in vain


class Server(uvicorn.Server):
    """Uvicorn that ends its streams when it is told to stop, and then returns.

    It also cuts single connections, which it knows by the address of the client.
    """

    def __init__(self, app: Litestar, *, stopping: Callable[[], None], stop_limit_s: float) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                loop="asyncio",  # whatever else is installed beside it
                http="h11",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=max(1, round(stop_limit_s)) + LAST_ANSWERS_S,
                ws="none",
            )
        )
        self._stopping = stopping

    def cut(self, client: Any) -> None:
        """End the connection of a client at once."""
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client and connection.transport is not None:
                connection.transport.abort()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams first: they would go on for ever."""
        self._stopping()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `ended_by_signals`, which holds for longer than this server runs."""
        yield


@contextlib.contextmanager
def ended_by_signals(server: Server) -> Iterator[None]:
    """Let the first signal end the server, and the second one the process, at once.

    That is safe, as a run is written in one transaction; it is said and told by the exit status.
    """

    def end(number: int, _frame: Any) -> None:
        if server.should_exit:
            os.write(2, AT_ONCE)  # a log may be in use where this interrupts
            os._exit(SIGNALLED + number)
        server.should_exit = True

    before = {each: signal.signal(each, end) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def allow_many_clients() -> None:
    """Let this process have more open files than shells give: each client of the stream is one."""
    try:
        import resource  # not on Windows, which has no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # then with as many as there are
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def bound(host: str, port: int) -> socket.socket:
    """A listening address. Raises SettingsError where it cannot be had, with what to do."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(
            f"service.host: {host} is no address of this machine: {error}"
        ) from None
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise SettingsError(
            f"service.port: {host}:{port} cannot be had ({error.strerror}); end the program that"
            " has it, or give another port: --port or TIEOUT_SERVICE_PORT"
        ) from None
    return made


def url_of(listening: socket.socket, *, host: str) -> str:
    """What to type into a browser."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"
