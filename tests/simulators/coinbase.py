"""A small Coinbase behind a running simulator, and the real SDK as its client."""

import asyncio
import json
import random
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Any

import requests
from coinbase import jwt_generator
from coinbase.rest import RESTClient
from coinbase.websocket import WSUserClient
from websockets.asyncio.client import ClientConnection, connect

from tieout.simulators.coinbase import CoinbaseSimulator, Dialect, running
from tieout.simulators.coinbase_market import CoinbaseMarket

RECORDED = Path(__file__).parents[2].parent / "shared" / "venues" / "coinbase"
ABSENT = "the recorded replies are not here: put them into ../shared/venues/coinbase"
BASE = "/api/v3/brokerage"
BIT, BIP, PERP = "BIT-24APR26-CDE", "BIP-20DEC30-CDE", "BTC_USDC-PERPETUAL"
WAIT_S = 10.0


def small_market(clock: Callable[[], Any]) -> CoinbaseMarket:
    """Four pairs, two US futures, two perpetuals, two users and three portfolios."""
    market = CoinbaseMarket(clock=clock, chance=random.Random(20260302))
    for pair, price in [
        ("BTC-USD", "60000"),
        ("BTC-USDC", "60010"),
        ("ETH-USD", "3000"),
        ("ETH-BTC", "0.05"),
    ]:
        market.list_pair(pair, price=price)
    contract = {"base": "BTC", "contract_size": "0.01"}
    market.list_future(BIT, price="60500", expires_at="2026-04-24T15:00:00Z", **contract)
    market.list_future(
        BIP, price="60100", expires_at="2030-12-20T16:00:00Z", has_funding=True, **contract
    )
    market.list_perp(PERP, price="60050")
    market.list_perp("BTC-PERPETUAL", price="60050", is_inverse=True)
    market.open_account("main", cash="100000")
    market.open_account("other", cash="500")
    market.open_account("savings", user="main")
    return market


def client_of(simulator: CoinbaseSimulator, account: str = "main", **options: Any) -> RESTClient:
    """The real SDK, told whom to trust."""
    key = simulator.credentials(account)
    client = RESTClient(key.name, key.secret, base_url=simulator.host, timeout=10, **options)
    client.session.verify = str(simulator.ca_file)
    client.session.trust_env = False
    return client


class Caller:
    """A plain HTTP client with an account's key."""

    def __init__(self, simulator: CoinbaseSimulator, account: str = "main") -> None:
        self.simulator = simulator
        self.key = simulator.credentials(account)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(simulator.ca_file)

    def token(self, method: str, path: str) -> str:
        uri = f"{method} {self.simulator.host}{path}"
        return jwt_generator.build_rest_jwt(uri, self.key.name, self.key.secret)

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token(method, path)}"}
        headers |= options.pop("headers", {})
        url = self.simulator.address + path
        return self.session.request(method, url, headers=headers, timeout=10, **options)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self("GET", BASE + path, params=query)


class Rpc:
    """A plain client of the JSON-RPC gateway."""

    def __init__(self, simulator: CoinbaseSimulator, account: str = "main") -> None:
        self.caller = Caller(simulator, account)
        self.token: str | None = None

    def sign_in(self) -> dict[str, Any]:
        key = self.caller.key
        issued = jwt_generator.build_ws_jwt(key.name, key.secret)
        answer = self.post("public/auth", grant_type="coinbase_cdp", token=issued)
        self.token = answer.json()["result"]["access_token"]
        return answer.json()["result"]

    def post(self, method: str, **params: Any) -> requests.Response:
        body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = self.caller.simulator.gateway_address
        return self.caller.session.post(url, json=body, headers=headers, timeout=10)

    def __call__(self, method: str, **params: Any) -> Any:
        """The result; numbers keep their digits."""
        if self.token is None:
            self.sign_in()
        return json.loads(self.post(method, **params).text, parse_float=str)["result"]


class Socket:
    """A websocket that checks certificates, used from one thread: the ready-made client of that
    kind reads and writes TLS in two, and loses a handshake in a hundred."""

    def __init__(
        self, address: str, *, trusted: Path | None = None, open_timeout: float = WAIT_S
    ) -> None:
        context = ssl.create_default_context(cafile=None if trusted is None else str(trusted))
        self._runner = asyncio.Runner()

        async def opened() -> ClientConnection:
            return await connect(address, ssl=context, open_timeout=open_timeout)

        try:
            self._connection = self._runner.run(opened())
        except BaseException:
            self._runner.close()
            raise

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, text: str) -> None:
        self._runner.run(self._connection.send(text))

    def recv(self, timeout: float = WAIT_S) -> str | bytes:
        return self._runner.run(asyncio.wait_for(self._connection.recv(), timeout))

    def close(self) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()


class RpcStream:
    """A plain client of the gateway's websocket, signed in unless told otherwise."""

    def __init__(self, simulator: CoinbaseSimulator, account: str = "main") -> None:
        key = simulator.credentials(account)
        self.socket = Socket(simulator.gateway_stream_address, trusted=simulator.ca_file)
        self.token = jwt_generator.build_ws_jwt(key.name, key.secret)

    def sign_in(self) -> dict[str, Any]:
        return self("public/auth", grant_type="coinbase_cdp", token=self.token)

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.socket.send(json.dumps(body))
        return self.next()

    def next(self) -> dict[str, Any]:
        return json.loads(self.socket.recv(), parse_float=str)


class Stream:
    """The real SDK's stream; messages are taken one by one."""

    def __init__(self, simulator: CoinbaseSimulator, account: str = "main") -> None:
        key = simulator.credentials(account)
        self.heard: Queue[dict[str, Any]] = Queue()
        self.client = WSUserClient(
            key.name,
            key.secret,
            base_url=simulator.stream_address,
            on_message=lambda text: self.heard.put(json.loads(text)),
            timeout=10,
            retry=False,
        )

    @property
    def ended(self) -> Event:
        """Set when the SDK has stopped reading."""
        over = Event()
        self.client.loop.call_soon_threadsafe(
            self.client._task.add_done_callback, lambda _: over.set()
        )
        return over

    def next(self, channel: str | None = None) -> dict[str, Any]:
        """The next message, or the next of a channel."""
        while True:
            message = self.heard.get(timeout=WAIT_S)
            if channel in (None, message.get("channel")):
                return message


@contextmanager
def streaming(simulator: CoinbaseSimulator, *channels: str, **options: Any) -> Iterator[Stream]:
    """The real SDK's stream, open and subscribed."""
    stream = Stream(simulator, **options)
    stream.client.open()
    try:
        if channels:
            stream.client.subscribe([], list(channels))
        yield stream
    finally:
        if stream.client._is_websocket_open():
            stream.client.close()


@contextmanager
def serving(market: CoinbaseMarket, **facts: Any) -> Iterator[CoinbaseSimulator]:
    """A simulator of its own kind."""
    simulator = CoinbaseSimulator(market, dialect=Dialect(**facts))
    with running(simulator):
        yield simulator


def recorded(name: str) -> Any:
    """The body of a reply of the venue itself, or of a trimmed one."""
    (file,) = RECORDED.glob(f"*/{name}.json")
    return json.loads(file.read_text(encoding="utf-8"))
