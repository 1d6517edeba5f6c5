"""The SDKs alone: the calls that a sync made, made again one after the other, and nothing done
with what they return. Another venue is a class here, and a line in `SDKS`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from tieout.venues.alpaca.sdk import TradingClient

CLIENT_ID = 77  # our own connection has another
NO_TEXTS = {"None": None, "True": True, "False": False}
ANSWER_S_MAX = 60.0
MANAGED_ACCOUNTS = 15  # the number of that message of a TWS


class Sdk(Protocol):
    """A client as its documentation has one begin."""

    async def open(self) -> None: ...

    async def ask(self, path: str, query: Mapping[str, str]) -> None: ...

    async def close(self) -> None: ...


class Alpaca:
    """`alpaca-py`, which makes models of its own of accounts and positions."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._client = TradingClient(
            api_key=settings["key"],
            secret_key=settings["secret"],
            url_override=settings["address"],
        )

    async def open(self) -> None:
        """It connects with the first call."""

    async def ask(self, path: str, query: Mapping[str, str]) -> None:
        if path == "/v2/positions":
            self._client.get_all_positions()
        elif path == "/v2/account":
            self._client.get_account()
        else:
            self._client.get(path.removeprefix("/v2"), dict(query))

    async def close(self) -> None:
        self._client._session.close()


class Hyperliquid:
    """`hyperliquid-python-sdk`; each of its methods is one such `post`."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        from hyperliquid.info import Info

        self._info: Any = Info(
            settings["address"],
            skip_ws=True,
            meta={"universe": []},
            spot_meta={"universe": [], "tokens": []},
        )

    async def open(self) -> None:
        """It connects with the first call."""

    async def ask(self, path: str, query: Mapping[str, str]) -> None:
        del path  # it is the same for every question
        self._info.post("/info", {name: _value(text) for name, text in query.items()})

    async def close(self) -> None:
        self._info.session.close()


def _value(text: str) -> object:
    """What stood in a question to Hyperliquid, which the simulator gives as text."""
    return int(text) if text.isdecimal() else NO_TEXTS.get(text, text)


class Ibkr:
    """`ib_async` without what it fetches at the start."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        from ib_async import IB

        self._ib: Any = IB()
        self._host, _, port = settings["address"].partition(":")
        self._port = int(port)

    async def open(self) -> None:
        from ib_async.ib import StartupFetchNONE

        await self._ib.connectAsync(
            self._host,
            self._port,
            clientId=CLIENT_ID,
            readonly=True,
            fetchFields=StartupFetchNONE,
        )

    async def ask(self, path: str, query: Mapping[str, str]) -> None:
        async with asyncio.timeout(ANSWER_S_MAX):
            await self._answer(path, query)

    async def _answer(self, path: str, query: Mapping[str, str]) -> None:
        ib = self._ib
        match path:
            case "reqPositions":
                await ib.reqPositionsAsync()
            case "reqExecutions":
                await ib.reqExecutionsAsync()
            case "reqAccountUpdates" if query["subscribe"] == "1":
                await ib.reqAccountUpdatesAsync(query["account"])
            case "reqAccountUpdates":
                ib.client.reqAccountUpdates(False, query["account"])
            case "reqAccountSummary":
                await ib.reqAccountSummaryAsync()
            case "reqManagedAccts":
                await self._managed_accounts()
            case "handshake" | "startApi" | "cancelAccountSummary":
                pass  # part of opening, or of nothing that is waited for
            case _:
                raise AssertionError(path)

    async def _managed_accounts(self) -> None:
        """For this one ib_async has no method that waits."""
        told = asyncio.Event()
        handlers = self._ib.client.decoder.handlers
        take = handlers[MANAGED_ACCOUNTS]

        def heard(fields: list[str]) -> None:
            take(fields)
            told.set()

        handlers[MANAGED_ACCOUNTS] = heard
        self._ib.client.reqManagedAccts()
        await told.wait()
        handlers[MANAGED_ACCOUNTS] = take

    async def close(self) -> None:
        self._ib.disconnect()


class Coinbase:
    """`coinbase-advanced-py`; what goes to the gateway of international perpetuals it has no
    method for, and is left out."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        from coinbase.rest import RESTClient

        host = settings["address"].removeprefix("https://")
        self._client: Any = RESTClient(
            api_key=settings["key"], api_secret=settings["secret"], base_url=host
        )
        self._client.session.trust_env = False  # nothing outside says what to trust
        self._client.session.verify = settings["ca_file"]

    async def open(self) -> None:
        """It connects with the first call."""

    async def ask(self, path: str, query: Mapping[str, str]) -> None:
        if path.startswith("/api/v3/"):
            self._client.get(path, dict(query))

    async def close(self) -> None:
        self._client.session.close()


SDKS: Mapping[str, Callable[[Mapping[str, str]], Sdk]] = {
    "alpaca": Alpaca,
    "hyperliquid": Hyperliquid,
    "ibkr": Ibkr,
    "coinbase": Coinbase,
}


class Bare:
    """One SDK at a time, in a loop of its own; it connects where it has not."""

    def __init__(
        self, sdk: Callable[[Mapping[str, str]], Sdk], settings: Mapping[str, str]
    ) -> None:
        self._sdk = sdk
        self._settings = settings
        self._loop = asyncio.Runner()
        self._opened: Sdk | None = None

    @property
    def is_open(self) -> bool:
        return self._opened is not None

    def open(self) -> None:
        self._opened = self._sdk(self._settings)
        self._loop.run(self._opened.open())

    def ask(self, calls: Iterable[Mapping[str, Any]]) -> None:
        """These calls in their order."""
        if self._opened is None:
            self.open()
        assert self._opened is not None
        self._loop.run(_ask(self._opened, calls))

    def close(self) -> None:
        if self._opened is not None:
            self._loop.run(self._opened.close())
        self._opened = None


async def _ask(opened: Sdk, calls: Iterable[Mapping[str, Any]]) -> None:
    for call in calls:
        await opened.ask(call["path"], call["query"])
