"""Where Coinbase differs by year, or its documentation does not say."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the simulated Coinbase behaves; the defaults are what is recorded or documented."""

    accounts_page: int = 49  # recorded; a client may ask for 250
    accounts_page_max: int = 250
    fills_page: int = 100
    fills_page_max: int = 250
    # Recorded: ACCOUNT_TYPE_CRYPTO. Documented by others: CRYPTO.
    account_type_prefix: str = "ACCOUNT_TYPE_"
    # The US futures' money: objects in one source, plain text in another.
    futures_money: Literal["objects", "text"] = "objects"
    # What the paths retired on 2026-10-01 answer is not known.
    intx: Literal["gone", "not found", "empty", "no positions key"] = "gone"
    # International positions left the breakdown with those paths.
    breakdown_perps: bool = False
    # The user channel's positions are in beta, and empty unless the venue enabled them.
    stream_positions: bool = False
    heartbeat_s: float = 1.0
    # Channels without updates are closed after 60 to 90 seconds.
    stream_idle_s: float = 75.0
    # Figures told by others: 30 calls a second and key, 8 connections a second. None: no limit.
    calls_per_s: int | None = None
    connections_per_s: int | None = None
    # Documented: not authenticated messages of one address, a second.
    messages_per_s: int | None = None
    gateway_heartbeat_s_min: int = 10
    token_s: int = 3600  # how long the gateway's token lives
    trades_page: int = 10  # the gateway's default; a client may ask for 1000
    trades_page_max: int = 1000
    # Without `historical`, only trades of so many hours are told; with it all of them, but not
    # those of the last seconds (documented by Deribit: "a short delay").
    recent_trades_h: int = 24
    historical_delay_s: float = 0
