"""How long and how much: every limit that a reading of Coinbase has."""

from dataclasses import dataclass

from tieout.venues.http.limits import HttpLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(HttpLimits):
    """What a connection waits for and accepts.

    `settle_s` is how long Coinbase gets to show a fill in a balance. `pages_max` is for each
    list; a longer history is read in several runs. A socket that has said nothing for `silent_s`
    is dead, as a heartbeat comes every second, or an answer to each of our pings (the gateway's
    own heartbeats come too seldom); `reconnect_s` and more with each try go by before the next,
    after a refusal of the login up to `refused_s_max`.
    """

    pages_max: int = 100
    position_reads_max: int = 3
    transfers_max: int = 20
    settle_s: float = 0.5
    silent_s: float = 10.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0
    refused_s_max: float = 600.0
    message_bytes_max: int = 10 * 1024 * 1024


DEFAULT = Limits()
