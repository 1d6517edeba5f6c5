"""How long and how much: every limit that a reading of Alpaca has."""

from dataclasses import dataclass

from tieout.venues.http.limits import HttpLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(HttpLimits):
    """What a connection waits for and accepts.

    `settle_s` is how long Alpaca gets to show a fill in a position. `pages_max` of activities
    leave a part of Alpaca's 200 requests a minute to others; a longer history is read in several
    runs. A stream that does not answer a ping for `ping_s`, sent every `ping_s`, is dead;
    `reconnect_s` and more with each try go by before the next, after a refusal of the keys
    `refused_s` and up to `refused_s_max`.
    """

    pages_max: int = 100
    position_reads_max: int = 3
    settle_s: float = 0.5
    ping_s: float = 10.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0
    refused_s: float = 15.0
    refused_s_max: float = 600.0


DEFAULT = Limits()
