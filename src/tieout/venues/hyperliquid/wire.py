"""Hyperliquid's replies as they are on the wire: every number is kept as the text that was sent."""

from tieout.venues.http.bodies import (
    BodyInvalid,
    decoded,
    kind_of,
    list_in,
    list_of,
    object_in,
    refuse,
    texts,
)
from tieout.venues.http.scrub import shown
from tieout.venues.hyperliquid.rows import (
    BalanceRow,
    FillRow,
    FundingRow,
    LedgerRow,
    PerpTable,
    PositionRow,
    Role,
    SpotTable,
    State,
    SubAccount,
    Unreadable,
)

TIME_MAX = 253_402_300_799_999  # the last millisecond that a datetime has


def state_in(body: bytes) -> State:
    """The positions on one dex; a reply without a list of them is refused."""
    found = object_in(body, "a state of positions")
    rows = list_of(found, "assetPositions", "a state of positions")
    return State(rows=tuple(map(_position, rows)), time=_time(found.get("time")))


def _position(row: object) -> PositionRow | Unreadable:
    inner = row.get("position") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(inner, dict):
        return f"a row is {kind_of(row)} without a position"
    if row.get("type", "oneWay") != "oneWay":
        return f"a row is of the unknown kind {shown(str(row['type']))}"
    fields = texts(inner)
    if not fields.get("coin"):
        return "a row has no coin"
    leverage = inner.get("leverage")
    lever = texts(leverage) if isinstance(leverage, dict) else {}
    funding = inner.get("cumFunding")
    return PositionRow(
        coin=fields["coin"],
        szi=fields.get("szi"),
        entry_px=fields.get("entryPx"),
        position_value=fields.get("positionValue"),
        liquidation_px=fields.get("liquidationPx"),
        leverage=lever.get("value"),
        margin_mode=lever.get("type"),
        funding_so_far=texts(funding).get("allTime") if isinstance(funding, dict) else None,
    )


def balances_in(body: bytes) -> tuple[BalanceRow | Unreadable, ...]:
    """The spot balances; a reply without a list of them is refused."""
    found = object_in(body, "spot balances")
    return tuple(map(_balance, list_of(found, "balances", "spot balances")))


def _balance(row: object) -> BalanceRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    if not fields.get("coin"):
        return f"a balance is {kind_of(row)} without a coin"
    return BalanceRow(
        coin=fields["coin"], total=fields.get("total"), entry_ntl=fields.get("entryNtl")
    )


def fills_in(body: bytes) -> list[FillRow | Unreadable]:
    """A page of fills."""
    return [_fill(row) for row in list_in(body, "a list of fills")]


def _fill(row: object) -> FillRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    time = _time(row.get("time")) if isinstance(row, dict) else None
    if not isinstance(row, dict) or time is None or not fields.get("coin"):
        return f"a fill is {kind_of(row)} without a coin or time"
    liquidation = row.get("liquidation")
    forced = texts(liquidation) if isinstance(liquidation, dict) else {}
    return FillRow(
        time=time,
        coin=fields["coin"],
        side=fields.get("side"),
        px=fields.get("px"),
        sz=fields.get("sz"),
        start=fields.get("startPosition"),
        dir=fields.get("dir"),
        closed_pnl=fields.get("closedPnl"),
        oid=fields.get("oid"),
        tid=fields.get("tid"),
        hash=fields.get("hash"),
        fee=fields.get("fee"),
        fee_token=fields.get("feeToken"),
        liquidated_user=forced.get("liquidatedUser"),
        liquidation_method=forced.get("method"),
        liquidation_mark=forced.get("markPx"),
    )


def funding_in(body: bytes) -> list[FundingRow | Unreadable]:
    """A page of funding payments."""
    return [_funding(row) for row in list_in(body, "a list of funding")]


def _funding(row: object) -> FundingRow | Unreadable:
    time, fields = _delta_of(row)
    if time is None or not fields.get("coin"):
        return f"a funding payment is {kind_of(row)} without a coin or time"
    return FundingRow(time=time, coin=fields["coin"], usdc=fields.get("usdc"))


def ledger_in(body: bytes) -> list[LedgerRow | Unreadable]:
    """A page of transfers and the like."""
    return [_ledger(row) for row in list_in(body, "a list of ledger updates")]


def _ledger(row: object) -> LedgerRow | Unreadable:
    time, fields = _delta_of(row)
    if time is None or not fields.get("type") or not isinstance(row, dict):
        return f"a ledger update is {kind_of(row)} without a type or time"
    positions = row["delta"].get("liquidatedPositions")
    listed = positions if isinstance(positions, list) else []
    coins = (texts(each).get("coin") for each in listed if isinstance(each, dict))
    return LedgerRow(
        time=time,
        hash=texts(row).get("hash", ""),
        fields=tuple(sorted(fields.items())),
        coins=tuple(coin for coin in coins if coin),
    )


def _delta_of(row: object) -> tuple[int | None, dict[str, str]]:
    delta = row.get("delta") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(delta, dict):
        return None, {}
    return _time(row.get("time")), texts(delta)


def role_in(body: bytes) -> Role:
    """What an address is."""
    found = object_in(body, "a role")
    name = found.get("role")
    if not isinstance(name, str) or not name:
        refuse(found, "a role")
    data = found.get("data")
    about = texts(data) if isinstance(data, dict) else {}
    return Role(name=name, of=about.get("user") or about.get("master"))


def sub_accounts_in(body: bytes) -> tuple[SubAccount, ...]:
    """The sub-accounts of an account; null says that there are none."""
    if decoded(body) is None:
        return ()
    return tuple(map(_sub_account, list_in(body, "a list of sub-accounts")))


def _sub_account(row: object) -> SubAccount:
    fields = texts(row) if isinstance(row, dict) else {}
    address, master = fields.get("subAccountUser"), fields.get("master")
    if not address or not master:
        raise BodyInvalid("a sub-account without an address or without its master")
    return SubAccount(address=address.lower(), master=master.lower())


def dexes_in(body: bytes) -> tuple[str, ...]:
    """The names of the builder dexes; the main one stands as null and has none."""
    names = []
    rows = list_in(body, "a list of perp dexes")
    if not rows:
        raise BodyInvalid("a list of perp dexes without the main one")
    for row in rows:
        name = row.get("name") if isinstance(row, dict) else None
        if row is not None and not isinstance(name, str):
            raise BodyInvalid("a perp dex without a name")
        if isinstance(name, str) and name:
            names.append(name)
    return tuple(names)


def perps_in(body: bytes) -> PerpTable:
    """What trades on a dex."""
    found = object_in(body, "a table of perpetuals")
    rows = [row for row in list_of(found, "universe", "a table of perpetuals")
            if isinstance(row, dict)]  # fmt: skip
    sizes = ((row.get("name"), row.get("szDecimals")) for row in rows)
    if not rows:
        raise BodyInvalid("a table of perpetuals with nothing in it")
    collateral = found.get("collateralToken")
    return PerpTable(
        size_decimals={
            name: size for name, size in sizes if isinstance(name, str) and isinstance(size, int)
        },
        collateral=collateral if isinstance(collateral, int) else 0,
    )


def spot_in(body: bytes) -> SpotTable:
    """The spot tokens and pairs."""
    found = object_in(body, "a table of spot pairs")
    tokens: dict[int, str] = {}
    for row in list_of(found, "tokens", "a table of spot pairs"):
        if isinstance(row, dict) and isinstance(row.get("index"), int):
            tokens[row["index"]] = str(row.get("name"))
    if not tokens:
        raise BodyInvalid("a table of spot pairs without a token")
    pairs: dict[str, tuple[int, int]] = {}
    for row in list_of(found, "universe", "a table of spot pairs"):
        legs = row.get("tokens") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(legs, list) and len(legs) == 2:
            pairs[str(row.get("name"))] = (legs[0], legs[1])
    return SpotTable(tokens=tokens, pairs=pairs)


def mids_in(body: bytes) -> dict[str, str]:
    """The middle prices by coin."""
    return texts(object_in(body, "middle prices"))


def mode_in(body: bytes) -> str:
    """The account mode, which comes as a bare text."""
    found = decoded(body)
    if not isinstance(found, str):
        refuse(found, "an account mode")
    return found


def limits_in(body: bytes) -> dict[str, str]:
    """The account's own counters of requests."""
    return texts(object_in(body, "a rate limit"))


def agents_in(body: bytes) -> int:
    """How many named API wallets an account has."""
    return len(list_in(body, "a list of API wallets"))


def _time(value: object) -> int | None:
    """Milliseconds since 1970; None for what is no such time."""
    is_time = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TIME_MAX
    return value if is_time and isinstance(value, int) else None
