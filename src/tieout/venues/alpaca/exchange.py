"""One request to Alpaca: its own client builds URL, keys and headers, and sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tieout.venues.alpaca.address import API_VERSION
from tieout.venues.alpaca.limits import Limits
from tieout.venues.alpaca.sdk import APIError, TradingClient
from tieout.venues.http.answers import Answer
from tieout.venues.http.calls import Calls as HttpCalls
from tieout.venues.http.session import BodyTaker

THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """GET `path` below `/v2`."""

    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The request as it stands in evidence and messages; it has no secret in it."""
        query = f"?{urlencode(self.parameters)}" if self.parameters else ""
        return f"GET {API_VERSION}{self.path}{query}"


Calls = HttpCalls[Question, Limits]


class Wire:
    """A session with Alpaca. `ask` blocks and belongs in a thread; several may run at once."""

    def __init__(self, *, address: str, key: str, secret: str, limits: Limits) -> None:
        self._address = address
        self._client = TradingClient(
            api_key=key, secret_key=secret, raw_data=True, url_override=address
        )
        self._client._retry = 0  # it would block 9 s on a 429; retries are ours
        self._taker = BodyTaker(limits)
        self._taker.take_over(self._client._session, address)

    def ask(self, question: Question) -> Answer:
        """Ask through the client. Every outcome is an answer; nothing is raised."""
        return self._taker.answer_to(
            lambda: self._client.get(question.path, dict(question.parameters)),
            refusals=(APIError,),
        )

    def address_of(self, _: Question) -> str:
        """There is only one."""
        return self._address

    def close(self) -> None:
        """Let go of the connections."""
        self._client._session.close()
