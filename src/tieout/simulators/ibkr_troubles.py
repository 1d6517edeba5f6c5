"""Everything that can go wrong between a gateway and its client, as data.

For a test that lets all of it happen at every request of a sync, once each:

    for trouble in troubles(account="U1", symbol="AAPL"):
        for request in trouble.requests:          # those of them that the client sends
            gateway.faults.add(trouble.at(request))
            ...                                    # sync, and look at the book

What a fault cannot do happens by the market's actions: `lose_link`, `restore_link`, `begin_reset`,
`drop_all`, `say`, `occupy_client_id`, `withhold_commissions`.
"""

from dataclasses import dataclass
from typing import Literal

from tieout.simulators.faults import (
    AnyEffect,
    ClockSkew,
    CloseStream,
    CutBody,
    Delay,
    DropMessages,
    DuplicateMessages,
    DuplicateRows,
    EmptyList,
    ErrorObject,
    Fault,
    HtmlBody,
    MuteStream,
    NullBody,
    ReorderRows,
    Reset,
    SetField,
    ShortPage,
    Silence,
    StalePositions,
    Stall,
    Status,
    TradeMeanwhile,
    WrongAccount,
)
from tieout.simulators.ibkr_wire import TEXTS, UNSET_DOUBLE

# failure: no answer, an error, or something that cannot be decoded; whoever looks can tell.
# lie: it looks like an answer and is not the truth; only a second look or another source tells.
# true: the truth, but late, twice, in another order, or of a moment ago.
Kind = Literal["failure", "lie", "true"]

OPENING = ("handshake", "startApi")
POSITIONS = ("reqPositions", "reqPositionsMulti")
EXECUTIONS = ("reqExecutions",)
PORTFOLIO = ("reqAccountUpdates",)
VALUES = ("reqAccountUpdates", "reqAccountUpdatesMulti", "reqAccountSummary")
PROFITS = ("reqPnL", "reqPnLSingle")
OTHERS = ("reqContractDetails", "reqManagedAccts", "reqCurrentTime")
LISTS = (*POSITIONS, *EXECUTIONS, *VALUES)
ANSWERED = (*LISTS, *PROFITS, *OTHERS)
REQUESTS = (*OPENING, *ANSWERED)

# What is told without being asked for.
PUSHED = (
    "position",
    "positionMulti",
    "updatePortfolio",
    "execDetails",
    "commissionReport",
    "error",
)
ENDS = {
    "reqPositions": "positionEnd",
    "reqPositionsMulti": "positionMultiEnd",
    "reqExecutions": "execDetailsEnd",
    "reqAccountUpdates": "accountDownloadEnd",
    "reqAccountUpdatesMulti": "accountUpdateMultiEnd",
    "reqAccountSummary": "accountSummaryEnd",
    "reqContractDetails": "contractDetailsEnd",
}
STRANGER = "U9999999"
NUMBERS = {"no digits": "", "not a number": "NaN", "words": "many", "unset": UNSET_DOUBLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that goes wrong, and where it can."""

    name: str
    kind: Kind
    effect: AnyEffect
    requests: tuple[str, ...] = ANSWERED
    is_at_end: bool = False  # it befalls what ends the answer, not the request

    def at(self, request: str, *, skip: int = 0) -> Fault:
        """The fault that makes it happen once; the first `skip` times are spared."""
        path = ENDS[request] if self.is_at_end else request
        return Fault(self.effect, path=path, skip=skip)


def troubles(*, account: str, symbol: str) -> list[Trouble]:
    """All of them. The account, by its name in the market, trades the symbol meanwhile where
    something moves under the reader."""
    before = TradeMeanwhile(account, symbol, "1")
    midway = TradeMeanwhile(account, symbol, "1", is_midway=True)
    return [
        *_connection(),
        *_errors(),
        *_lists(),
        *_ends(),
        *_fields(),
        Trouble(name="a trade just before", kind="true", effect=before, requests=LISTS),
        Trouble(name="a trade midway", kind="true", effect=midway, requests=LISTS),
    ]


def _connection() -> list[Trouble]:
    everywhere: list[tuple[str, Kind, AnyEffect]] = [
        ("late", "true", Delay(0.05)),
        ("never", "failure", Silence()),
        ("reset", "failure", Reset()),
        ("cut at once", "failure", CutBody(0.0)),
        ("cut in the middle", "failure", CutBody(0.5)),
        ("cut at the end", "failure", CutBody(1.0)),
        ("half written, then silence", "failure", Stall(0.5)),
        ("a web page", "failure", HtmlBody()),
        ("an empty message", "failure", NullBody()),
    ]
    return [
        Trouble(name=name, kind=kind, effect=effect, requests=REQUESTS)
        for name, kind, effect in everywhere
    ]


def _errors() -> list[Trouble]:
    codes = (100, 321, 502, 504, 1100, 2110)
    found = [
        Trouble(name=f"error {code}", kind="failure", effect=Status(code, message=TEXTS[code]))
        for code in codes
    ]
    refused = Status(326, message=TEXTS[326])
    return [
        *found,
        Trouble(name="error 326", kind="failure", effect=refused, requests=("startApi",)),
    ]


def _lists() -> list[Trouble]:
    return [
        Trouble(name="no rows", kind="lie", effect=EmptyList(), requests=LISTS),
        Trouble(
            name="an error in place of the rows, and the end",
            kind="lie",
            effect=ErrorObject(2110, TEXTS[2110]),
            requests=LISTS,
        ),
        Trouble(name="the last row is missing", kind="lie", effect=ShortPage(), requests=LISTS),
        Trouble(name="the first row twice", kind="true", effect=DuplicateRows(), requests=LISTS),
        Trouble(name="another order", kind="true", effect=ReorderRows(), requests=LISTS),
        Trouble(
            name="a foreign account",
            kind="lie",
            effect=WrongAccount(STRANGER),
            requests=("startApi", *LISTS),
        ),
        Trouble(
            name="positions of a minute ago",
            kind="lie",
            effect=StalePositions(60),
            requests=POSITIONS,
        ),
        Trouble(
            name="a clock that is ahead",
            kind="lie",
            effect=ClockSkew(90),
            requests=("reqExecutions", "reqCurrentTime"),
        ),
    ]


def _ends() -> list[Trouble]:
    named: list[tuple[str, Kind, AnyEffect]] = [
        ("the end is lost", "failure", DropMessages()),
        ("the end comes twice", "true", DuplicateMessages()),
        ("nothing more is said", "failure", MuteStream()),
        ("hung up on before the end", "failure", CloseStream()),
    ]
    return [
        Trouble(name=name, kind=kind, effect=effect, requests=tuple(ENDS), is_at_end=True)
        for name, kind, effect in named
    ]


def _fields() -> list[Trouble]:
    """A row that cannot be decoded is dropped by the library, which only writes it to its log."""
    numbers: list[tuple[str, tuple[str, ...]]] = [
        ("position", (*POSITIONS, *PORTFOLIO)),
        ("avgCost", POSITIONS),
        ("shares", EXECUTIONS),
        ("price", EXECUTIONS),
        ("commission", EXECUTIONS),
        ("averageCost", PORTFOLIO),
        ("marketPrice", PORTFOLIO),
        ("unrealizedPNL", PORTFOLIO),
        ("value", VALUES),
    ]
    texts: list[tuple[str, str, tuple[str, ...]]] = [
        ("conId", "0", POSITIONS),
        ("secType", "XYZ", (*POSITIONS, *EXECUTIONS)),
        ("currency", "", (*POSITIONS, *EXECUTIONS)),
        ("account", "", (*POSITIONS, *EXECUTIONS)),
        ("multiplier", "many", POSITIONS),
        ("side", "XYZ", EXECUTIONS),
        ("time", "yesterday", EXECUTIONS),
        ("execId", "", EXECUTIONS),
    ]
    return [
        Trouble(
            name="a field too few",
            kind="failure",
            effect=SetField("currency", None),
            requests=LISTS,
        ),
        Trouble(
            name="a field too many", kind="failure", effect=SetField("more", "1"), requests=LISTS
        ),
        *(
            Trouble(name=f"{field} is {what}", kind="failure", effect=effect, requests=requests)
            for field, requests in numbers
            for what, value in NUMBERS.items()
            for effect in [SetField(field, value)]
        ),
        *(
            Trouble(
                name=f"{field} is {value or 'empty'}",
                kind="failure",
                effect=SetField(field, value),
                requests=requests,
            )
            for field, value, requests in texts
        ),
    ]
