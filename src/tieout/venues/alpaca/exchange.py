"""One request and what came of it: Alpaca's own client sends it, we take the bytes.

The client builds URL, keys and headers. Its reading of replies is not used: it would turn
quantities into floats, refuse a whole list for one unknown word, and fail on what is no JSON.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tieout.venues.alpaca.address import is_loopback
from tieout.venues.alpaca.limits import Limits
from tieout.venues.alpaca.sdk import APIError, TradingClient

Fault = Literal["unreachable", "timeout", "tls", "cut", "too_large"]
PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request brought: a status with headers and body, or a fault, or a body cut short."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: Fault | None = None


class Wire:
    """A session with Alpaca. `request` blocks and belongs in a thread; several may run at once."""

    def __init__(self, *, address: str, key: str, secret: str, limits: Limits) -> None:
        self._client = TradingClient(
            api_key=key, secret_key=secret, raw_data=True, url_override=address
        )
        self._client._retry = 0  # it would block 9 s on a 429; retries are ours
        self._taker = _BodyTaker(limits)
        session = self._client._session
        # An environment may name its own certificates and proxies, but never say "do not verify",
        # and a .netrc must not replace the keys.
        outside = requests.Session().merge_environment_settings(address, {}, None, True, None)
        session.trust_env = False
        session.verify = outside["verify"] or DEFAULT_CA_BUNDLE_PATH
        session.proxies.update({} if is_loopback(address) else outside["proxies"])
        session.mount("https://", self._taker)
        session.mount("http://", self._taker)

    def request(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """GET `path` below `/v2`. Every outcome is an answer; nothing is raised."""
        self._taker.forget()
        try:
            self._client.get(path, dict(parameters))
        except APIError:
            pass  # a status of 400 or more, which the answer has
        except requests.exceptions.SSLError:
            return Answer(fault="tls")
        except requests.exceptions.Timeout:
            return Answer(fault="timeout")
        except requests.exceptions.RequestException:
            return self._taker.taken() or Answer(fault="unreachable")
        except OSError:
            return Answer(fault="tls")  # the file with certificates is not there
        return self._taker.taken() or Answer(fault="unreachable")

    def close(self) -> None:
        """Let go of the connections."""
        self._client._session.close()


class _BodyTaker(HTTPAdapter):
    """Sends with timeouts, and takes the body so that the client finds none to interpret."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._own = threading.local()

    def forget(self) -> None:
        """Start anew in this thread."""
        self._own.answer = None

    def taken(self) -> Answer | None:
        """The answer to this thread's request."""
        found: Answer | None = self._own.answer
        return found

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> Any:
        options.update(stream=True, timeout=(self._limits.connect_s, self._limits.read_s))
        response = super().send(request, **options)
        body, fault = self._body_of(response)
        self._own.answer = Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            fault=fault,
        )
        response._content = b""
        response._content_consumed = True
        return response

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
        return b"".join(pieces), None


def _closed(response: requests.Response, fault: Fault) -> Fault:
    response.close()
    return fault
