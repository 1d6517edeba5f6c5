"""The rows of Hyperliquid's replies: what was sent, as texts; fields without a use are not read."""

from collections.abc import Mapping
from dataclasses import dataclass

# A row that cannot be read, and why.
Unreadable = str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One row of `assetPositions`. `szi` is signed: a short is negative."""

    coin: str
    szi: str | None = None
    entry_px: str | None = None
    position_value: str | None = None
    liquidation_px: str | None = None
    leverage: str | None = None
    margin_mode: str | None = None
    funding_so_far: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`clearinghouseState` of one dex. `time` is the venue's clock in milliseconds."""

    rows: tuple[PositionRow | Unreadable, ...]
    time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """One row of `balances`: `total` contains what is on hold, `entry_ntl` is a total too."""

    coin: str
    total: str | None = None
    entry_ntl: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """One row of `userFillsByTime`. Rows of 2023 have no `tid`, a dust conversion has 0."""

    time: int
    coin: str
    side: str | None = None
    px: str | None = None
    sz: str | None = None
    start: str | None = None
    dir: str | None = None
    closed_pnl: str | None = None
    oid: str | None = None
    tid: str | None = None
    hash: str | None = None
    fee: str | None = None
    fee_token: str | None = None
    liquidated_user: str | None = None
    liquidation_method: str | None = None
    liquidation_mark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRow:
    """One row of `userFunding`: `usdc` is the signed effect on the collateral."""

    time: int
    coin: str
    usdc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row of `userNonFundingLedgerUpdates`, the plain fields of its `delta` as pairs."""

    time: int
    hash: str
    fields: tuple[tuple[str, str], ...]
    coins: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """A field of the delta; "" where there is none."""
        return dict(self.fields).get(name, "")

    @property
    def kind(self) -> str:
        return self.text("type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What an address is; `of` is the account behind an agent or sub-account."""

    name: str
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccount:
    """One row of `subAccounts`. Its state in there is not used: it has its own, whole one."""

    address: str
    master: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpTable:
    """`meta` of one dex: the size decimals of its coins, and what its collateral is."""

    size_decimals: Mapping[str, int]
    collateral: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotTable:
    """`spotMeta`: the tokens by index, and of each pair the base and quote token."""

    tokens: Mapping[int, str]
    pairs: Mapping[str, tuple[int, int]]
