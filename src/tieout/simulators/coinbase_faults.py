"""What can go wrong at Coinbase, as data: every call, every fault of a call, and those of the
two streams. A test walks them all:

for call in CALLS:
    for trouble in troubles(call, foreign="other"):
        trouble.befall(simulator.faults)
"""

from dataclasses import dataclass

from tieout.simulators.coinbase_gateway import PREFIX as GATEWAY
from tieout.simulators.coinbase_gateway_stream import LOGIN as GATEWAY_LOGIN
from tieout.simulators.coinbase_gateway_stream import PATH as GATEWAY_PATH
from tieout.simulators.coinbase_rest import PREFIX as REST
from tieout.simulators.coinbase_stream import LOGIN, PATH
from tieout.simulators.faults import (
    AnyEffect,
    BareNumbers,
    ClockSkew,
    CloseStream,
    CutBody,
    Delay,
    DropMessages,
    DuplicateMessages,
    DuplicateRows,
    EmptyList,
    EmptyRows,
    ErrorObject,
    Fault,
    FaultBook,
    HtmlBody,
    LastPage,
    MuteStream,
    NullBody,
    ReorderRows,
    RepeatCursor,
    Reset,
    SetField,
    ShortPage,
    Silence,
    StalePositions,
    Status,
    WrongAccount,
)

STATUSES = (400, 401, 403, 404, 410, 429, 500, 502, 503, 504)
STALE_S = 3600.0
SLOW_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as faults name it, and a number in its answer that matters."""

    name: str
    path: str
    number: str
    method: str = "GET"
    is_paged: bool = False


# The paths with an id in them are told by `*`.
CALLS = (
    Call(
        name="accounts",
        path=f"{REST}/accounts",
        number="accounts.available_balance.value",
        is_paged=True,
    ),
    Call(name="portfolios", path=f"{REST}/portfolios", number="portfolios.uuid"),
    Call(
        name="breakdown",
        path=f"{REST}/portfolios/*",
        number="breakdown.spot_positions.total_balance_crypto",
    ),
    Call(name="key permissions", path=f"{REST}/key_permissions", number="portfolio_uuid"),
    Call(name="futures", path=f"{REST}/cfm/positions", number="positions.number_of_contracts"),
    Call(
        name="futures balance",
        path=f"{REST}/cfm/balance_summary",
        number="balance_summary.cfm_usd_balance.value",
    ),
    Call(name="fills", path=f"{REST}/orders/historical/fills", number="fills.size", is_paged=True),
    Call(name="product", path=f"{REST}/products/*", number="price"),
    Call(name="products", path=f"{REST}/products", number="products.price"),
    Call(name="time", path=f"{REST}/time", number="epochMillis"),
    Call(
        name="gateway sign-in",
        path=f"{GATEWAY}/public/auth",
        number="result.expires_in",
        method="*",
    ),
    Call(
        name="gateway positions",
        path=f"{GATEWAY}/private/get_positions",
        number="result.size_currency",
        method="*",
    ),
    Call(
        name="gateway balances",
        path=f"{GATEWAY}/private/get_account_summaries",
        number="result.summaries.balance",
        method="*",
    ),
    Call(
        name="gateway trades",
        path=f"{GATEWAY}/private/get_user_trades_by_currency_and_time",
        number="result.trades.amount",
        method="*",
    ),
    Call(
        name="gateway subaccounts",
        path=f"{GATEWAY}/private/get_subaccounts",
        number="result.id",
        method="*",
    ),
    Call(
        name="gateway log",
        path=f"{GATEWAY}/private/get_transaction_log",
        number="result.logs.interest_pl",
        method="*",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A fault with a name. `is_quiet`: the answer alone does not show that anything is wrong, or
    nothing that matters is."""

    name: str
    fault: Fault
    is_quiet: bool = False

    def befall(self, book: FaultBook) -> int:
        """Puts it in force."""
        return book.add(self.fault)


def troubles(call: Call, *, foreign: str, times: int | None = 1) -> list[Trouble]:
    """Everything that can happen to this call; `foreign` is whose answer comes instead."""

    def at(effect: AnyEffect, skip: int = 0) -> Fault:
        return Fault(effect, path=call.path, method=call.method, skip=skip, times=times)

    statuses: dict[str, AnyEffect] = {f"status {code}": Status(code) for code in STATUSES}
    loud: dict[str, AnyEffect] = {
        **statuses,
        "a web page": HtmlBody(),
        "a cut body": CutBody(),
        "a reset": Reset(),
        "a hang": Silence(),
        "null": NullBody(),
        "an empty list for a body": EmptyList(),
        "an error in words": ErrorObject(),
        "NaN": SetField(call.number, "NaN"),
        "a number that is null": SetField(call.number, None),
        "a number that is empty": SetField(call.number, ""),
        "a foreign portfolio": WrongAccount(foreign),
    }
    quiet: dict[str, AnyEffect] = {
        "an empty page": EmptyRows(),
        "a page without its last row": ShortPage(),
        "rows that come twice": DuplicateRows(),
        "rows in another order": ReorderRows(),
        "bare numbers": BareNumbers(),
        "a stale reply": StalePositions(STALE_S),
        "a slow reply": Delay(SLOW_S),
        "a clock that is ahead": ClockSkew(90),
    }
    found = [Trouble(name=name, fault=at(effect)) for name, effect in loud.items()]
    found += [Trouble(name=name, fault=at(effect), is_quiet=True) for name, effect in quiet.items()]
    if call.is_paged:
        again = Trouble(name="a repeated cursor", fault=at(RepeatCursor(), skip=1))
        found += [
            again,
            Trouble(name="a second page with 500", fault=at(Status(500), skip=1)),
            Trouble(name="missing pages", fault=at(LastPage()), is_quiet=True),
        ]
    return found


def _of_stream(path: str, login: str, message: str) -> tuple[Trouble, ...]:
    """What can happen to a stream; `message` is the one that tells what happened."""
    return (
        Trouble(name="a dropped frame", fault=Fault(DropMessages(), path=message)),
        Trouble(name="a frame twice", fault=Fault(DuplicateMessages(), path=message)),
        Trouble(name="a dead socket", fault=Fault(MuteStream(), path=f"{path}/*"), is_quiet=True),
        Trouble(name="a cut", fault=Fault(CloseStream(1011), path=path)),
        Trouble(name="a close in order", fault=Fault(CloseStream(1000), path=path)),
        Trouble(name="a refused login", fault=Fault(Status(401), path=login)),
        Trouble(name="a refused connection", fault=Fault(Status(403), path=path)),
        Trouble(name="too many connections", fault=Fault(Status(429), path=path)),
        Trouble(name="a connection that hangs", fault=Fault(Silence(), path=path)),
    )


STREAM_TROUBLES = _of_stream(PATH, LOGIN, f"{PATH}/user")
GATEWAY_STREAM_TROUBLES = _of_stream(GATEWAY_PATH, GATEWAY_LOGIN, f"{GATEWAY_PATH}/subscription")
