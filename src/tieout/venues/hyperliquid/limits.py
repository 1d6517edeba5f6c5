"""How long and how much: every limit that a reading of Hyperliquid has."""

from dataclasses import dataclass
from datetime import timedelta

from tieout.venues.http.limits import HttpLimits

# A venue's clock that is ahead by more is not believed: what it dates would outlast the truth.
AHEAD_MAX = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(HttpLimits):
    """What a connection waits for and accepts.

    `settle_s` is how long Hyperliquid gets to show a fill in a position. `pages_max` of one
    series are read in one run: 10,000 fills, which is all that is kept, are 5, and each costs 120
    of the 1,200 weight a minute. `dexes_max` is how many builder dexes are looked at. A socket
    that has said nothing for `silent_s` is dead, though it is pinged every `ping_s`;
    `reconnect_s` and more with each try go by before the next, up to `refused_s_max` where it was
    refused.
    """

    pages_max: int = 12
    dexes_max: int = 200
    position_reads_max: int = 3
    settle_s: float = 0.5
    ping_s: float = 10.0
    silent_s: float = 25.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0
    refused_s_max: float = 600.0


DEFAULT = Limits()
