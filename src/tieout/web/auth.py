"""Who is asking, and what they may do: a session's cookie or an API key, and capabilities."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from tieout.core.errors import StoreError
from tieout.ports import AccessStore, Capability, Clock, FailedLogin, User
from tieout.runs.apart import apart
from tieout.web.problems import Problem
from tieout.wiring.credentials import digest_of, is_password

COOKIE = "session"
KEY_HEADER = "x-api-key"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
USE_NOTED_EVERY = timedelta(minutes=1)
FAILURES_FREE = 5
WAIT_S_MAX = 900
WINDOW = timedelta(hours=1)

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a user by a session (`session` is its digest), which ends at `expires_at`, or a
    program by a key.
    """

    name: str
    capabilities: frozenset[Capability]
    session: str | None = None
    expires_at: datetime | None = None
    key: str | None = None


class Access:
    """Signs in and recognises, by what the store keeps."""

    def __init__(self, store: AccessStore, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.one_at_a_time = asyncio.Lock()
        self._noted: dict[str, datetime] = {}
        self._noting: set[asyncio.Future[None]] = set()

    def principal(self, *, cookie: str | None, key: str | None) -> Principal | None:
        """Who is behind a key, else behind a cookie. A wrong one is refused beside a good one too:
        whoever sends it takes it for good.
        """
        by_cookie = None if cookie is None else self._by_cookie(cookie)
        if key is None or (cookie is not None and by_cookie is None):
            return by_cookie
        return self._by_key(key)

    def _by_key(self, key: str) -> Principal | None:
        found = self.store.key_of(digest_of(key))
        if found is None or found.revoked_at is not None:
            return None
        return Principal(name=found.name, capabilities=found.capabilities, key=found.id)

    def note_use(self, key_id: str) -> None:
        """Note now and then that a key was used, beside the request, which must not wait for it."""
        now = self.clock.now()
        noted_at = self._noted.get(key_id)
        if noted_at is None or now - noted_at > USE_NOTED_EVERY:
            self._noted[key_id] = now
            noting = asyncio.ensure_future(apart(partial(self._note_use, key_id, now)))
            self._noting.add(noting)  # a loop alone keeps no task alive
            noting.add_done_callback(self._noting.discard)

    def _note_use(self, key_id: str, now: datetime) -> None:
        with contextlib.suppress(StoreError):  # /readyz says so
            self.store.use_key(key_id, at=now)

    def _by_cookie(self, cookie: str) -> Principal | None:
        session = self.store.session_of(digest_of(cookie), at=self.clock.now())
        user = self.store.user(session.user) if session else None
        if session is None or user is None:
            return None
        return Principal(
            name=user.name,
            capabilities=user.capabilities,
            session=session.digest,
            expires_at=session.expires_at,
        )

    def refuse_flood(self, name: str, address: str) -> None:
        """Make whoever fails again and again wait, longer each time. Raises Problem 429."""
        now = self.clock.now()
        known = self.store.failed_logins(since=now - WINDOW, name=name, address=address)
        failed = [each for each in known if each.at <= now]  # the clock may have been set back
        extra = len(failed) - FAILURES_FREE
        if extra < 0:
            return
        wait = timedelta(seconds=min(2 ** min(extra, 20), WAIT_S_MAX))
        left_s = (failed[-1].at + wait - now).total_seconds()
        if left_s > 0:
            raise Problem(
                429,
                "Too many failed logins",
                f"wait {round(left_s) + 1} s and try again",
                headers={"Retry-After": str(round(left_s) + 1)},
            )

    def log_in(self, name: str, password: str, *, address: str) -> User:
        """The user of a name and password. Raises Problem 401, which does not say what is wrong."""
        user = self.store.user(name)
        if is_password(password, user.password_hash if user else None) and user is not None:
            self.store.clear_failed_logins(name=name, address=address)
            return user
        self.store.add_failed_login(FailedLogin(name=name, address=address, at=self.clock.now()))
        raise Problem(401, "The login failed", "name or password is wrong")


class Authentication(AbstractAuthenticationMiddleware):
    """Finds out who asks. It refuses nobody; guards do."""

    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        access: Access = connection.app.state.access
        principal = access.principal(
            cookie=connection.cookies.get(COOKIE), key=connection.headers.get(KEY_HEADER)
        )
        if principal is not None and principal.key is not None:
            access.note_use(principal.key)
        return AuthenticationResult(user=principal, auth=None)


def needs(capability: Capability) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard: 401 for whom we do not know, 403 for who may not do this.

    It waits for nothing, but one that is no coroutine would be given to a thread every time.
    """

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        principal: Principal | None = connection.scope.get("user")
        if principal is None:
            raise Problem(
                401,
                "Sign in first",
                "send the cookie of POST /api/login or an API key as X-API-Key, and none that has"
                " expired beside it",
                headers={"WWW-Authenticate": "Cookie, ApiKey"},
            )
        if capability not in principal.capabilities:
            raise Problem(
                403, "You may not do this", f"it needs the capability {capability}; ask an admin"
            )
        if principal.session is not None:
            refuse_other_sites(connection)

    return guard


def refuse_other_sites(connection: Connection) -> None:
    """A page of somebody else must not act with a visitor's cookie. Raises Problem 403.

    Browsers say where a request comes from; programs send no such header and no cookie by
    themselves.
    """
    if connection.scope.get("method") in SAFE_METHODS:
        return
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    host = connection.headers.get("host", "")
    is_other = site is not None and site not in ("same-origin", "none")
    if is_other or (origin is not None and urlsplit(origin).netloc != host):
        raise Problem(403, "This came from another site", "use Tieout's own page, or an API key")
