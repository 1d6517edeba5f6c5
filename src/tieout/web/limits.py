"""How much one client may ask: requests a minute, counted by who asks."""

import time
from collections import OrderedDict
from collections.abc import Callable

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from tieout.web.problems import Problem, response_of

CLIENTS_MAX = 10_000
WINDOW_S = 60.0
FREE = ("/healthz", "/readyz")
SPENT = "spent"

Spent = OrderedDict[str, tuple[float, int]]  # by client: since when, and how many


class RateLimit:
    """Refuses with 429 what goes beyond `requests_per_minute` of one address."""

    def __init__(
        self, app: ASGIApp, *, requests_per_minute: int, seconds: Callable[[], float]
    ) -> None:
        self._app = app
        self._most = requests_per_minute
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] in FREE:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        wait_s = self._wait_s(_spent_in(scope), client[0] if client else "-")
        if wait_s is None:
            await self._app(scope, receive, send)
            return
        refused = response_of(
            Problem(
                429,
                "Too many requests",
                f"at most {self._most} a minute; wait {wait_s} s",
                headers={"Retry-After": str(wait_s)},
            )
        )
        answer = refused.to_asgi_response(app=None, request=Request(scope))
        await answer(scope, receive, send)

    def _wait_s(self, spent: Spent, client: str) -> int | None:
        """How long a client has to wait; None where it may go on."""
        now = self._seconds()
        began, count = spent.pop(client, (now, 0))
        if now - began >= WINDOW_S:
            began, count = now, 0
        spent[client] = (began, count + 1)
        while len(spent) > CLIENTS_MAX:
            spent.popitem(last=False)
        return None if count < self._most else max(1, round(began + WINDOW_S - now))


def _spent_in(scope: Scope) -> Spent:
    """What each client asked of the whole application, which makes this anew for every route."""
    state = scope["litestar_app"].state
    if SPENT not in state:
        state[SPENT] = Spent()
    found: Spent = state[SPENT]
    return found


def monotonic() -> float:
    """Seconds that only grow."""
    return time.monotonic()
