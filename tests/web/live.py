"""The application on a real socket, in a thread of its own."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from tieout.web.server import Server, bound, url_of
from web.house import House

STARTED_S = 10.0


class ServerInThread(Server):
    """Signals belong to the main thread, which is the tests'."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def live(house: House, app: Any = None) -> Iterator[str]:
    """Where the house can be reached; `app` is something around its application."""
    listening = bound("127.0.0.1", 0)
    hub = house.app.state.hub
    server = ServerInThread(app or house.app, stopping=hub.close, stop_limit_s=5)
    house.app.state.cut = server.cut
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield url_of(listening, host="127.0.0.1")
    finally:
        server.should_exit = True
        thread.join(STARTED_S)
        listening.close()
        assert not thread.is_alive()
