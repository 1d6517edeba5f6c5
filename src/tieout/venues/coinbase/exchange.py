"""One request to Coinbase: its own client signs it, we send it.

The client's way of sending is not used: it knows no timeout and no address but https, makes floats
of numbers, and writes error bodies to its own log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from coinbase.constants import USER_AGENT
from coinbase.rest import RESTClient

from tieout.venues.coinbase.address import GATEWAY_PATH, REST_PATH, Addresses
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.login import Login
from tieout.venues.http.answers import Answer
from tieout.venues.http.calls import Calls as HttpCalls
from tieout.venues.http.session import BodyTaker

RPC = "2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """GET `path`, or (with a `method`) a call of the gateway for international derivatives.

    `number` is what the gateway has to repeat in its reply.
    """

    path: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    number: int = 1
    token: str = field(default="", repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> str:
        """The request as it stands in evidence and messages; it has no secret in it."""
        if self.method:
            about = ", ".join(f"{key} {self.body[key]}" for key in self.body if key != "token")
            return f"POST {self.method}" + (f" ({about})" if about else "")
        query = f"?{urlencode(self.parameters)}" if self.parameters else ""
        return f"GET {self.path.removeprefix(REST_PATH)}{query}"


Calls = HttpCalls[Question, Limits]


class Wire:
    """Sessions with Coinbase. `ask` blocks and belongs in a thread; several may run at once."""

    def __init__(
        self, *, addresses: Addresses, login: Login, limits: Limits, ca_file: str | None
    ) -> None:
        self._addresses = addresses
        self._taker = BodyTaker(limits)
        self._rest = _Client(addresses.rest, login)
        self._gateway = _Client(addresses.gateway, login)
        self._taker.take_over(self._rest.session, addresses.rest, ca_file=ca_file)
        self._taker.take_over(self._gateway.session, addresses.gateway, ca_file=ca_file)

    def ask(self, question: Question) -> Answer:
        """Ask through the client. Every outcome is an answer; nothing is raised."""
        return self._taker.answer_to(lambda: self._asked(question))

    def address_of(self, question: Question) -> str:
        """Whom a question goes to."""
        return self._addresses.gateway if question.method else self._addresses.rest

    def close(self) -> None:
        """Let go of the connections."""
        self._rest.session.close()
        self._gateway.session.close()

    def _asked(self, question: Question) -> object:
        if not question.method:
            return self._rest.get(question.path, params=dict(question.parameters))
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        if question.token:
            headers["Authorization"] = f"Bearer {question.token}"
        return self._gateway.send_request(
            "POST",
            f"{GATEWAY_PATH}/{question.method}",
            None,
            headers,
            data={
                "jsonrpc": RPC,
                "id": question.number,
                "method": question.method,
                "params": question.body,
            },
        )


class _Client(RESTClient):  # type: ignore[misc]  # the client has no types
    """The client with a sending of its own: any address, and nothing made of the reply."""

    def __init__(self, address: str, login: Login) -> None:
        scheme, _, host = address.partition("://")
        super().__init__(api_key=login.key, api_secret=login.secret, base_url=host)
        self._scheme = scheme

    def send_request(
        self,
        http_method: str,
        url_path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        data: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        """Called by the client with what it has signed."""
        response: requests.Response = self.session.request(
            http_method,
            f"{self._scheme}://{self.base_url}{url_path}",
            params=params,
            json=data or {},
            headers=headers,
            allow_redirects=False,
        )
        return response
