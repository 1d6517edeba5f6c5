"""One request and what came of it: Coinbase's own client signs it, we send it and take the bytes.

The client's way of sending is not used: it knows no timeout and no address but https, makes floats
of numbers, and writes error bodies to its own log.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import requests
from coinbase.constants import USER_AGENT
from coinbase.rest import RESTClient
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tieout.venues.coinbase.address import GATEWAY_PATH, REST_PATH, Addresses, is_loopback
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.login import Login

Fault = Literal["unreachable", "timeout", "tls", "cut", "too_large"]
PIECE_BYTES = 65_536
RPC = "2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """GET `path`, or (with a `method`) a call of the gateway for international derivatives."""

    path: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request brought: a status with headers and body, or a fault, or a body cut short."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: Fault | None = None


class Wire:
    """Sessions with Coinbase. `ask` blocks and belongs in a thread; several may run at once."""

    def __init__(
        self, *, addresses: Addresses, login: Login, limits: Limits, ca_file: str | None
    ) -> None:
        self._rest = _Client(addresses.rest, login, limits=limits, ca_file=ca_file)
        self._gateway = _Client(addresses.gateway, login, limits=limits, ca_file=ca_file)

    def ask(self, question: Question) -> Answer:
        """Ask. Every outcome is an answer; nothing is raised."""
        try:
            return self._asked(question)
        except requests.exceptions.SSLError:
            return Answer(fault="tls")
        except requests.exceptions.Timeout:
            return Answer(fault="timeout")
        except requests.exceptions.RequestException:
            return Answer(fault="unreachable")
        except OSError:
            return Answer(fault="tls")  # the file with certificates is not there

    def close(self) -> None:
        """Let go of the connections."""
        self._rest.session.close()
        self._gateway.session.close()

    def _asked(self, question: Question) -> Answer:
        if not question.method:
            found = self._rest.get(question.path, params=dict(question.parameters))
        else:
            headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
            if question.token:
                headers["Authorization"] = f"Bearer {question.token}"
            found = self._gateway.send_request(
                "POST",
                f"{GATEWAY_PATH}/{question.method}",
                None,
                headers,
                data={"jsonrpc": RPC, "id": 1, "method": question.method, "params": question.body},
            )
        assert isinstance(found, Answer), found
        return found


class _Client(RESTClient):  # type: ignore[misc]  # the client has no types
    """The client with a sending of its own: timeouts, any address, bytes instead of floats."""

    def __init__(self, address: str, login: Login, *, limits: Limits, ca_file: str | None) -> None:
        scheme, _, host = address.partition("://")
        super().__init__(api_key=login.key, api_secret=login.secret, base_url=host)
        self._scheme = scheme
        self._limits = limits
        # An environment may name its own certificates and proxies, but never say "do not verify",
        # and a .netrc must not replace the signature.
        outside = requests.Session().merge_environment_settings(address, {}, None, True, None)
        self.session.trust_env = False
        self.session.verify = ca_file or outside["verify"] or DEFAULT_CA_BUNDLE_PATH
        self.session.proxies.update({} if is_loopback(address) else outside["proxies"])

    def send_request(
        self,
        http_method: str,
        url_path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        data: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Called by the client with what it has signed."""
        response = self.session.request(
            http_method,
            f"{self._scheme}://{self.base_url}{url_path}",
            params=params,
            json=data or {},
            headers=headers,
            timeout=(self._limits.connect_s, self._limits.read_s),
            stream=True,
            allow_redirects=False,
        )
        body, fault = self._body_of(response)
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            fault=fault,
        )

    def _body_of(self, response: requests.Response) -> tuple[bytes, Fault | None]:
        """The body as far as it came, and why that is not all of it."""
        pieces: list[bytes] = []
        size = 0
        end = time.monotonic() + self._limits.call_s
        try:
            while piece := response.raw.read1(PIECE_BYTES, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > self._limits.body_bytes_max:
                    return b"".join(pieces), _closed(response, "too_large")
                if time.monotonic() > end:
                    return b"".join(pieces), _closed(response, "timeout")
        except (ReadTimeoutError, TimeoutError):
            return b"".join(pieces), _closed(response, "timeout")
        except (HTTPError, OSError):
            return b"".join(pieces), _closed(response, "cut")
        response.close()
        return b"".join(pieces), None


def _closed(response: requests.Response, fault: Fault) -> Fault:
    response.close()
    return fault
