"""ccxt with exact numbers and nothing but reading: the one place that touches the package.

ccxt turns numbers into floats twice: when it decodes JSON, and when it fills its own fields. Both
are told to keep the text. (Decimal in the second place would not do: ccxt's `safe_string` knows
text, float and int only, and takes a Decimal for nothing at all.)
"""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ccxt
import requests

from tieout.core.errors import SettingsError
from tieout.venues.ccxt.limits import Limits
from tieout.venues.ccxt.quirks import quirks_of
from tieout.venues.http.answers import Answer
from tieout.venues.http.session import answer_in, outside_of

VERSION = version("ccxt")
ANYWHERE = "https://exchange.invalid"  # an exchange may have several addresses
WRITES = re.compile(
    r"(create|place|add|amend|edit|cancel|close|batch|withdraw|transfer/?$|transfer\?|sendorder"
    r"|editorder|set-?leverage|/exchange$|/order(s|/|\?|$))",
    re.IGNORECASE,
)


# What a request is about. Times, counters and signatures are longer, and of every request anew.
PLAIN = re.compile(r"\w{1,9}|[A-Za-z_-]{1,24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for: where, and with which plain words."""

    method: str
    place: str
    pairs: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Answer):
    """One exchange of bytes. Without a status nothing came back."""

    asked: Asked

    @property
    def method(self) -> str:
        return self.asked.method

    @property
    def place(self) -> str:
        return self.asked.place


class WriteRefused(AssertionError):
    """Something asked for what could trade. This is our mistake, and stopped before the wire."""


class Taker(requests.Session):
    """ccxt's session: takes every body whole, within limits, and lets no order pass."""

    def __init__(self, *, limits: Limits, is_loopback: bool) -> None:
        super().__init__()
        self.heard: list[Heard] = []
        self._limits = limits
        self._bundle, proxies = outside_of(ANYWHERE)
        self.trust_env = False
        self._proxies = {} if is_loopback else dict(proxies)

    def request(  # type: ignore[override]
        self, method: str, url: str, **given: Any
    ) -> requests.Response:
        place = urlsplit(url).path
        if method not in ("GET", "POST") or (method == "POST" and WRITES.search(place)):
            raise WriteRefused(f"{method} {place}")
        given |= {"stream": True, "allow_redirects": False, "verify": self._bundle}
        given["proxies"] = given.get("proxies") or self._proxies
        given["timeout"] = (self._limits.connect_s, self._limits.read_s)
        asked = Asked(method=method, place=place, pairs=_pairs(url, given.get("data")))
        self.heard.append(Heard(asked=asked))
        response = super().request(method, url, **given)
        answer = answer_in(response, limits=self._limits)
        self.heard[-1] = Heard(
            asked=asked,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            fault=answer.fault,
        )
        if answer.fault is not None:
            raise requests.exceptions.ConnectionError(f"Connection broken: {answer.fault}")
        response._content = answer.body
        response._content_consumed = True
        return response


def _pairs(url: str, sent: object) -> frozenset[tuple[str, str]]:
    """The plain words of a request, of its query and its body."""
    found = parse_qsl(urlsplit(url).query)
    if isinstance(sent, str):
        try:
            body = json.loads(sent)
        except ValueError:
            body = dict(parse_qsl(sent))
        found += list(body.items()) if isinstance(body, dict) else []
    return frozenset((name, str(value)) for name, value in found if PLAIN.fullmatch(str(value)))


def exchange_ids() -> tuple[str, ...]:
    return tuple(ccxt.exchanges)


def exchange_of(
    exchange: str,
    *,
    login: Mapping[str, str],
    address: str | None,
    is_loopback: bool,
    is_paced: bool,
    limits: Limits,
) -> tuple[Any, Taker]:
    """ccxt's own class for an exchange, as it is used here. Nothing is sent."""
    taker = Taker(limits=limits, is_loopback=is_loopback)
    quirks = quirks_of(exchange)
    made = _exact(getattr(ccxt, exchange), by_id=quirks.by_id)(
        {
            **login,
            "enableRateLimit": is_paced,
            "timeout": int(limits.read_s * 1000),
            "session": taker,
        }
    )
    made.number = str
    made.options.update(deepcopy(dict(quirks.options)))
    if not quirks.asks_currencies:
        made.has["fetchCurrencies"] = False
    made.session = taker
    if address is not None:
        made.urls["api"] = moved(made.urls["api"], address)
    return made, taker


def _exact(kind: type[Any], *, by_id: str | None) -> type[Any]:
    class Exact(kind):  # type: ignore[misc]
        """Keeps the characters of a JSON number; whole numbers lose none anyway.

        Keeps every row, too: ccxt would drop those without a time it can read without a word, and
        those beyond a limit, of which we could not see then that there were more.
        """

        def on_json_response(self, response_body: str) -> Any:
            return json.loads(response_body, parse_float=str, parse_constant=str)

        def filter_by_since_limit(self, array: Any, *_: Any, **__: Any) -> Any:
            return array

        def filter_by_value_since_limit(
            self, array: Any, field: Any, value: Any = None, *_: Any, **__: Any
        ) -> Any:
            return super().filter_by_value_since_limit(array, field, value)

        def request(self, path: Any, *given: Any, **named: Any) -> Any:
            reply = super().request(path, *given, **named)
            is_by_id = path == by_id and isinstance(reply.get("result"), dict)
            return {**reply, "result": list(reply["result"].values())} if is_by_id else reply

    return Exact


def moved(urls: Any, address: str) -> Any:
    """The same paths at another address."""
    if isinstance(urls, dict):
        return {name: moved(each, address) for name, each in urls.items()}
    if not isinstance(urls, str) or "://" not in urls:
        return urls
    _, _, path = urls.partition("://")[2].partition("/")
    return f"{address.rstrip('/')}/{path}" if path else address.rstrip("/")


def require_exchange(exchange: str, *, connection: str) -> None:
    """Refuse an exchange that ccxt does not know."""
    if exchange not in ccxt.exchanges:
        near = [each for each in ccxt.exchanges if exchange and each.startswith(exchange[:3])]
        hint = f"; near it: {', '.join(near[:8])}" if near else ""
        raise SettingsError(
            f"connections.{connection}.venue: ccxt {VERSION} has no exchange {exchange!r}{hint}; "
            'write venue = "ccxt:<id>" with one of `python -c "import ccxt; print(ccxt.exchanges)"`'
        )
