"""Coinbase on loopback, for the real `coinbase-advanced-py` and anything else that speaks its
wires.

simulator = CoinbaseSimulator(market)
with running(simulator):
    key = simulator.credentials("main")
    client = RESTClient(key.name, key.secret, base_url=simulator.host)
    client.session.verify, client.session.trust_env = simulator.ca_file, False
    client.get_accounts()

The SDK speaks https whatever it is told, so TLS is served, with a certificate authority that is
made at the start and whose file is `ca_file`. All wires share one port:

/api/v3/brokerage/...   Advanced Trade; the token of each call is checked
/api/v2, /api/v2/...    the JSON-RPC gateway; faults and `calls` know a call by its method,
                        `/api/v2/private/get_positions`, wherever that stands
/ws                     the user stream; its messages are `/ws/user`, `/ws/heartbeats`,
                        `/ws/subscriptions`; an error at `/ws/login` refuses a token
/ws/api/v2              the gateway's websocket: the same calls, and subscriptions to what happens
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tieout.simulators.coinbase_dialect import Dialect
from tieout.simulators.coinbase_gateway import PREFIX as GATEWAY
from tieout.simulators.coinbase_gateway import Gateway, call_of
from tieout.simulators.coinbase_gateway_stream import PATH as GATEWAY_STREAM
from tieout.simulators.coinbase_gateway_stream import GatewayStream
from tieout.simulators.coinbase_keys import Doorman, Key, wall_clock
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.coinbase_refusals import refused, refused_by_gateway
from tieout.simulators.coinbase_rest import PUBLIC, CoinbaseRest
from tieout.simulators.coinbase_stream import PATH, CoinbaseStream
from tieout.simulators.coinbase_tls import Authority
from tieout.simulators.connection import Line
from tieout.simulators.messages import Reply, Request, View
from tieout.simulators.serving import HOST, Simulator, running

__all__ = ["CoinbaseSimulator", "Dialect", "running"]


class CoinbaseSimulator(Simulator[CoinbaseMarket]):
    """Advanced Trade, the gateway of the perpetuals and the user stream, for every account of a
    market. `has_tls=False` serves plain HTTP, for a client that can be told so. Tokens are held
    against `token_clock`, which is the real one, as the SDK signs by that."""

    stream_path = PATH
    stream_paths = (GATEWAY_STREAM,)

    def __init__(
        self,
        market: CoinbaseMarket,
        *,
        dialect: Dialect | None = None,
        port: int = 0,
        has_tls: bool = True,
        token_clock: Callable[[], datetime] = wall_clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(market, port=port)
        self.dialect = dialect or Dialect()
        self._authority = Authority() if has_tls else None
        self._doorman = Doorman(market.keys, clock=token_clock)
        self._rest = CoinbaseRest(market, self.dialect)
        self.gateway = Gateway(market, self.dialect, self._doorman)
        self._stream = CoinbaseStream(market, self.faults, self.dialect, self._doorman)
        self.gateway_stream = GatewayStream(market, self.faults, self.dialect, self.gateway)
        self._ticks = ticks
        self._seen: dict[str, list[float]] = {}  # by who asks: when, within the last second

    @property
    def host(self) -> str:
        """What the SDK is given as its base_url: it writes https:// before it."""
        return f"{HOST}:{self._port}"

    @property
    def gateway_address(self) -> str:
        """The JSON-RPC gateway's address."""
        return self.address + GATEWAY

    @property
    def gateway_stream_address(self) -> str:
        """The gateway's websocket."""
        return self.stream_address.removesuffix(PATH) + GATEWAY_STREAM

    @property
    def ca_file(self) -> Path:
        """The certificate authority that a client has to trust."""
        assert self._authority is not None, "it serves without TLS"
        return self._authority.file

    def encryption(self) -> ssl.SSLContext | None:
        return None if self._authority is None else self._authority.context

    def credentials(self, account: str, *, can_trade: bool | None = None) -> Key:
        """A key of an account; its first, or the first that may trade, or may not."""
        keys = self.market.account(account).keys
        return next(key for key in keys if can_trade in (None, key.can_trade))

    def wait_until_listening(self, count: int = 1, *, timeout_s: float = 10) -> bool:
        """Waits until there are so many subscriptions; False when that took too long."""
        return self._stream.wait_until_listening(count, timeout_s)

    def account_of(self, request: Request) -> str | None:
        key = self._key_of(request)
        owner = None if key is None else self.market.owner_of(key.name)
        return None if owner is None else owner.name

    def _key_of(self, request: Request) -> Key | None:
        if _is_for_gateway(request):
            return self.gateway.key_of(call_of(request))
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer":
            return None
        uri = f"{request.method} {request.headers.get('host', '')}{request.path}"
        return self._doorman.key_of(token, uri=uri)

    def named(self, request: Request) -> Request:
        if not _is_for_gateway(request):
            return request
        call = call_of(request)
        hidden = ("token", "access_token")
        facts = {name: str(value) for name, value in call.params.items() if name not in hidden}
        return replace(request, path=f"{GATEWAY}/{call.method}", query=facts)

    def answer(self, request: Request, view: View) -> Reply:
        if _is_for_gateway(request):
            return self.gateway.answer(call_of(request), view)
        if PUBLIC.fullmatch(request.path) and request.method == "GET":
            return self._rest.answer_anyone(request)
        key = self._key_of(request)
        if key is None:
            return refused(401)
        if self._is_too_fast(key.name, self.dialect.calls_per_s):
            return replace(refused(429), headers={"retry-after": "1"})
        return self._rest.answer(request, view, key)

    def _is_too_fast(self, who: str, most: int | None) -> bool:
        """Counts, and says whether there were too many within a second."""
        if most is None:
            return False
        now = self._ticks()
        recent = [at for at in self._seen.get(who, []) if now - at < 1]
        if len(recent) >= most:
            return True
        self._seen[who] = [*recent, now]
        return False

    def refusal(self, status: int, message: str) -> Reply:
        return refused(status, message)

    def failure(self, request: Request, status: int, message: str) -> Reply:
        if _is_for_gateway(request):
            return refused_by_gateway(status, message, call_of(request).id)
        return refused(status, message)

    def headers(self, _: Request, __: Reply) -> Mapping[str, str]:
        most = self.dialect.calls_per_s or 30
        return {
            "x-ratelimit-limit": str(most),
            "x-ratelimit-remaining": str(most - 1),
            "x-ratelimit-reset": "1",
        }

    async def converse(self, line: Line) -> None:
        client = (line.scope.get("client") or ("",))[0]
        if self._is_too_fast(f"stream {client}", self.dialect.connections_per_s):
            await line.reply(replace(refused(429), headers={"retry-after": "1"}))
            return
        if line.scope["path"] == GATEWAY_STREAM:
            await self.gateway_stream.converse(line)
        else:
            await self._stream.converse(line)

    def on_start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stream.attach(loop)
        self.gateway_stream.attach(loop)


def _is_for_gateway(request: Request) -> bool:
    return request.path == GATEWAY or request.path.startswith(f"{GATEWAY}/")
