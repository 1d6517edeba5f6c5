"""What is special at which exchange, read in ccxt 4.5.90; everything else is asked in general."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Parameters = Mapping[str, str]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The call that tells whose keys these are, and where in its reply."""

    method: str
    path: Path
    parameters: Parameters = field(default_factory=dict)
    permissions: Path = ()
    may_only_read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowed:
    """Where a balance names what is borrowed of a coin, without the interest that will be due."""

    rows: Path
    code: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Where a reply has its code, and the codes of what passes, though ccxt does not say so."""

    path: Path
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Where a reply says something that a question says too, and what it is called there."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How one exchange is asked.

    `is_list`: rows come in a list, also where there are none.
    `by_id` is a call whose rows may come as an object by their ids, too, which is empty then.
    `tells_all`: one question brings the positions of every market type. `hears_all`: one stream
    tells of every market type, whichever it is asked for. `by_settle`: positions
    are told for one settlement coin at a time, at most `positions_page` of them. `wallets` are
    those whose coins are held as such, `page` the rows of a full page of trades, `window` the
    longest time that may be asked for.
    `before` is what the end of a window is called where ccxt does not translate it. Trades that
    are told for one market type at a time are `trades_by` that, or by linear and inverse too.
    `also` are records that ccxt leaves out unless they are named, such as liquidations. `fee` and
    `amount` are the exchange's own fields, where ccxt works out a fee or drops the amount.
    `echo` is where a reply says what it is about, `cursor` with what to ask for the next page.
    Where `asks_currencies` is off, a private list that is not needed is not asked for.
    """

    is_list: bool = False
    by_id: str | None = None
    tells_all: bool = False
    hears_all: bool = False
    by_settle: str | None = None
    wallets: tuple[Parameters, ...] | None = None
    positions_page: int | None = None
    page: int = 50
    window: timedelta | None = None
    before: str | None = None
    trades_by: Literal["type", "subType"] | None = None
    also: tuple[Parameters, ...] = ()
    fee: tuple[str, str] | None = None
    amount: str | None = None
    asks_currencies: bool = True
    options: Mapping[str, object] = field(default_factory=dict)
    borrowed: Borrowed | None = None
    identity: Identity | None = None
    echo: Echo | None = None
    cursor: Echo | None = None
    passing: Passing | None = None


KNOWN: Mapping[str, Quirks] = {
    "binance": Quirks(
        is_list=True,
        asks_currencies=False,
        options={"fetchMargins": False, "leverageBrackets": {}},
        wallets=({"type": "spot"}, {"type": "margin"}, {"type": "funding"}),
        page=500,
        window=timedelta(hours=24),
        passing=Passing(path=("code",), codes=("-1000", "-1001", "-1006", "-1008")),
        identity=Identity(method="private_get_account", path=("uid",)),
    ),
    "bybit": Quirks(
        is_list=True,
        asks_currencies=False,
        hears_all=True,
        by_settle="settleCoin",
        positions_page=200,
        wallets=({},),
        page=50,
        window=timedelta(days=7),
        trades_by="subType",
        also=({"execType": "BustTrade"}, {"execType": "AdlTrade"}),
        echo=Echo(name="category", path=("result", "category")),
        cursor=Echo(name="cursor", path=("result", "nextPageCursor")),
        passing=Passing(path=("retCode",), codes=("10000", "10016", "5004", "170032", "340099")),
        borrowed=Borrowed(rows=("result", "list", 0, "coin"), code="coin", amount="borrowAmount"),
        identity=Identity(
            method="private_get_v5_user_query_api",
            path=("result", "userID"),
            permissions=("result", "readOnly"),
            may_only_read=("1",),
        ),
    ),
    "kraken": Quirks(
        by_id="OpenPositions",
        tells_all=True,
        hears_all=True,
        wallets=({},),
        page=50,
        passing=Passing(path=("error", 0), codes=("EService:Timeout", "EService:Deadline elapsed")),
    ),
    "krakenfutures": Quirks(
        is_list=True,
        tells_all=True,
        hears_all=True,
        wallets=(),
        page=100,
        before="lastFillTime",
        fee=("fee_paid", "fee_currency"),
        amount="size",
        identity=Identity(
            method="history_get_account_log", path=("accountUid",), parameters={"count": "1"}
        ),
    ),
    "okx": Quirks(
        is_list=True,
        asks_currencies=False,
        tells_all=True,
        hears_all=True,
        wallets=({}, {"type": "funding"}),
        page=100,
        trades_by="type",
        identity=Identity(
            method="private_get_account_config",
            path=("data", 0, "uid"),
            permissions=("data", 0, "perm"),
            may_only_read=("read_only",),
        ),
    ),
}


def quirks_of(exchange: str) -> Quirks:
    return KNOWN.get(exchange, Quirks())


def at_path(value: object, path: Path) -> str | None:
    """What stands at a place in a reply, as text; None where nothing does.

    >>> at_path({"data": [{"uid": 7}]}, ("data", 0, "uid"))
    '7'
    """
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if is_text and str(value) else None
