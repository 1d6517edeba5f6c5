"""How long and how much: every limit that a reading by ccxt has."""

from dataclasses import dataclass

from tieout.venues.http.limits import HttpLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(HttpLimits):
    """What a connection waits for and accepts.

    ccxt keeps the exchange's pace (its rate limiter); the tries are ours. A window of trades that
    is full is split, at most `pages_max` calls in all. `settle_s` passes between two readings of
    positions while trades go on. A stream that ended is connected again after `reconnect_s`, and
    longer with each try; it is pinged at least every `ping_s`. It has at most `sockets_max`
    sockets. For a watch that failed by itself all is connected anew, after `rewatch_s_max` at most.
    What does not let go within `close_s` is left behind.
    """

    deadline_s: float = 300.0
    evidence_bytes_max: int = 4 * 1024 * 1024
    market_bytes_max: int = 64 * 1024
    pages_max: int = 200
    position_reads_max: int = 3
    settle_s: float = 0.5
    ping_s: float = 10.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0
    rewatch_s_max: float = 300.0
    sockets_max: int = 10
    close_s: float = 20.0


DEFAULT = Limits()
