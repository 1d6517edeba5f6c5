"""One question to Hyperliquid: its own client builds URL and body, and sends.

The client's reading of replies would turn what is no JSON into a value, a redirected page into an
account, and fail on an error body it does not know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hyperliquid.info import Info
from hyperliquid.utils.error import Error as SdkError

from tieout.venues.http.answers import Answer
from tieout.venues.http.calls import Calls as HttpCalls
from tieout.venues.http.session import BodyTaker
from tieout.venues.hyperliquid.limits import Limits

Kind = Literal[
    "clearinghouseState", "spotClearinghouseState", "userFillsByTime", "userFunding",
    "userNonFundingLedgerUpdates", "userRole", "subAccounts", "userAbstraction", "userRateLimit",
    "extraAgents", "perpDexs", "meta", "spotMeta", "allMids",
]  # fmt: skip


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


Calls = HttpCalls[Question, Limits]


class Wire:
    """A session with Hyperliquid. `ask` blocks and belongs in a thread; several may run at once."""

    def __init__(self, *, address: str, limits: Limits) -> None:
        self._address = address
        # With both tables given the client asks for nothing by itself.
        self._info = Info(
            address,
            skip_ws=True,
            meta={"universe": []},
            spot_meta={"universe": [], "tokens": []},
            timeout=limits.read_s,
        )
        self._taker = BodyTaker(limits)
        self._taker.take_over(self._info.session, address)

    def ask(self, question: Question) -> Answer:
        """Ask through the client. Every outcome is an answer; nothing is raised."""
        return self._taker.answer_to(lambda: _asked(self._info, question), refusals=(SdkError,))

    def address_of(self, _: Question) -> str:
        """There is only one."""
        return self._address

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
