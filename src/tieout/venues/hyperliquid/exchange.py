"""One question and what came of it: Hyperliquid's own client sends it, we take the bytes.

The client builds URL and body. Its reading of replies is not used: it would turn what is no JSON
into a value, a redirected page into an account, and fail on an error body it does not know.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import requests
from hyperliquid.info import Info
from hyperliquid.utils.error import Error as SdkError
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tieout.venues.hyperliquid.address import is_loopback
from tieout.venues.hyperliquid.limits import Limits

Fault = Literal["unreachable", "timeout", "tls", "cut", "too_large"]
Kind = Literal[
    "clearinghouseState", "spotClearinghouseState", "userFillsByTime", "userFunding",
    "userNonFundingLedgerUpdates", "userRole", "subAccounts", "userAbstraction", "userRateLimit",
    "extraAgents", "perpDexs", "meta", "spotMeta", "allMids",
]  # fmt: skip
PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request to `/info`. Times are in milliseconds; the main dex has no name."""

    kind: Kind
    user: str = ""
    dex: str = ""
    start: int = 0
    end: int | None = None

    @property
    def words(self) -> str:
        """The request as it stands in evidence and messages; it has no secret in it."""
        ends = "" if self.end is None else f" until {self.end}"
        times = f" from {self.start}{ends}" if self.start or ends else ""
        about = f" of {self.user}" if self.user else ""
        return f"POST /info {self.kind}{about}{f' dex {self.dex}' if self.dex else ''}{times}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request brought: a status with headers and body, or a fault, or a body cut short."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: Fault | None = None


class Wire:
    """A session with Hyperliquid. `ask` blocks and belongs in a thread; several may run at once."""

    def __init__(self, *, address: str, limits: Limits) -> None:
        # With both tables given the client asks for nothing by itself.
        self._info = Info(
            address,
            skip_ws=True,
            meta={"universe": []},
            spot_meta={"universe": [], "tokens": []},
            timeout=limits.read_s,
        )
        self._taker = _BodyTaker(limits)
        session = self._info.session
        # An environment may name its own certificates and proxies, but never say "do not verify".
        outside = requests.Session().merge_environment_settings(address, {}, None, True, None)
        session.trust_env = False
        session.verify = outside["verify"] or DEFAULT_CA_BUNDLE_PATH
        session.proxies.update({} if is_loopback(address) else outside["proxies"])
        session.max_redirects = 0
        session.mount("https://", self._taker)
        session.mount("http://", self._taker)

    def ask(self, question: Question) -> Answer:
        """Ask through the client. Every outcome is an answer; nothing is raised."""
        self._taker.forget()
        try:
            _asked(self._info, question)
        except SdkError:
            pass  # a status of 400 or more, which the answer has
        except requests.exceptions.TooManyRedirects:
            pass  # likewise of 300
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
        self._info.session.close()


def _asked(info: Info, question: Question) -> object:
    """The client's own method for a question, and what it makes of the answer."""
    user, dex, start, end = question.user, question.dex, question.start, question.end
    methods: dict[Kind, Callable[[], object]] = {
        "clearinghouseState": lambda: info.user_state(user, dex),
        "spotClearinghouseState": lambda: info.spot_user_state(user),
        "userFillsByTime": lambda: info.user_fills_by_time(user, start, end),
        "userFunding": lambda: info.user_funding_history(user, start, end),
        "userNonFundingLedgerUpdates": lambda: info.user_non_funding_ledger_updates(
            user, start, end
        ),
        "userRole": lambda: info.user_role(user),
        "subAccounts": lambda: info.query_sub_accounts(user),
        "userAbstraction": lambda: info.query_user_abstraction_state(user),
        "userRateLimit": lambda: info.user_rate_limit(user),
        "extraAgents": lambda: info.extra_agents(user),
        "perpDexs": info.perp_dexs,
        "meta": lambda: info.meta(dex),
        "spotMeta": info.spot_meta,
        "allMids": info.all_mids,
    }
    return methods[question.kind]()


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
