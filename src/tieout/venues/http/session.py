"""A venue's own client sends, we take the bytes: within limits, and verified.

The clients' reading of replies is not used: it makes floats of numbers, refuses a whole list for
one unknown word, and fails on what is no JSON.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tieout.venues.http.address import is_loopback
from tieout.venues.http.answers import Answer, Fault
from tieout.venues.http.limits import HttpLimits

PIECE_BYTES = 65_536
LENGTH = re.compile(r"[0-9]+(\s*,\s*[0-9]+)*")


def outside_of(address: str) -> tuple[str, Mapping[str, str]]:
    """The certificates that an address is verified with, and the proxies that lead there.

    An environment may name its own, but never say "do not verify".
    """
    found = requests.Session().merge_environment_settings(address, {}, None, True, None)
    bundle = found["verify"]
    proxies = {} if is_loopback(address) else found["proxies"]
    return bundle if isinstance(bundle, str) and bundle else DEFAULT_CA_BUNDLE_PATH, proxies


class BodyTaker(HTTPAdapter):
    """Sends with timeouts, and takes the body so that a client finds none to interpret."""

    def __init__(self, limits: HttpLimits) -> None:
        super().__init__()
        self._limits = limits
        self._own = threading.local()

    def take_over(
        self, session: requests.Session, address: str, *, ca_file: str | None = None
    ) -> None:
        """Send all that a client's session sends: verified, by no login of a .netrc."""
        bundle, proxies = outside_of(address)
        session.trust_env = False
        session.verify = ca_file or bundle
        session.proxies.update(proxies)
        session.max_redirects = 0
        session.mount("https://", self)
        session.mount("http://", self)

    def answer_to(
        self, ask: Callable[[], object], *, refusals: tuple[type[Exception], ...] = ()
    ) -> Answer:
        """What a client's method brought in this thread. Every outcome is an answer.

        `refusals` are the client's own errors for a status of 400 or more.
        """
        self._own.answer = None
        fault = _fault_in(ask, refusals)
        found: Answer | None = self._own.answer
        return found or Answer(fault=fault or "unreachable")

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> Any:
        options.update(stream=True, timeout=(self._limits.connect_s, self._limits.read_s))
        response = super().send(request, **options)
        self._own.answer = answer_in(response, limits=self._limits)
        response._content = b""
        response._content_consumed = True
        return response


def _fault_in(ask: Callable[[], object], refusals: tuple[type[Exception], ...]) -> Fault | None:
    try:
        ask()
    except refusals:
        return None  # a status of 400 or more, which the answer has
    except requests.exceptions.TooManyRedirects:
        return None  # likewise of 300
    except requests.exceptions.InvalidHeader as error:
        # Of the reply: lengths that contradict each other. Else one of ours that cannot be sent.
        is_theirs = bool(error.args) and isinstance(error.args[0], HTTPError)
        return "unmeasured" if is_theirs else "unreachable"
    except requests.exceptions.SSLError:
        return "tls"
    except requests.exceptions.Timeout:
        return "timeout"
    except requests.exceptions.RequestException:
        return "unreachable"
    except OSError:
        return "tls"  # the file with certificates is not there
    return None


def answer_in(response: requests.Response, *, limits: HttpLimits) -> Answer:
    """The answer that a response is, its body read as far as it comes within the limits."""
    body, fault = _body_of(response, limits)
    if fault is not None:
        response.close()
    return Answer(
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body,
        fault=fault,
    )


def _body_of(response: requests.Response, limits: HttpLimits) -> tuple[bytes, Fault | None]:
    """The body as far as it came, and why that is not all of it."""
    if not _is_measured(response):
        return b"", "unmeasured"
    body = bytearray()
    end = time.monotonic() + limits.call_s
    try:
        while piece := response.raw.read1(PIECE_BYTES, decode_content=True):
            body += piece
            if len(body) > limits.body_bytes_max:
                return bytes(body), "too_large"
            if time.monotonic() > end:
                return bytes(body), "timeout"
    except (ReadTimeoutError, TimeoutError):
        return bytes(body), "timeout"
    except (HTTPError, OSError):
        return bytes(body), "cut"
    return bytes(body), None if _is_unpacked(response.raw) else "cut"


def _is_measured(response: requests.Response) -> bool:
    """Whether the length that is told is one: else nobody can say whether the body is whole."""
    told = response.headers.get("Content-Length")
    if told is None or response.raw.chunked:
        return True
    return LENGTH.fullmatch(told.strip()) is not None


def _is_unpacked(raw: Any) -> bool:
    """Whether a packed body came to its own end. The library takes what there is for all of it."""
    unpacking = getattr(getattr(raw, "_decoder", None), "_obj", None)
    return not raw.tell() or getattr(unpacking, "eof", True)
