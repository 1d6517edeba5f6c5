"""How long and how much: every limit that a reading by ccxt has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a connection waits for and accepts.

    `read_s` is silence within a reply, `deadline_s` a reading with all its calls and waits.
    ccxt keeps the exchange's pace (its rate limiter); the tries are ours. A window of trades that
    is full is split, at most `pages_max` calls in all. `settle_s` passes between two readings of
    positions while trades go on. A stream that ended is connected again after `reconnect_s`, and
    longer with each try; it is pinged at least every `ping_s`.
    """

    read_s: float = 20.0
    deadline_s: float = 300.0
    tries_max: int = 4
    backoff_s: float = 0.5
    backoff_s_max: float = 8.0
    quiet_s_max: float = 3600.0
    body_bytes_max: int = 64 * 1024 * 1024
    evidence_bytes_max: int = 4 * 1024 * 1024
    market_bytes_max: int = 64 * 1024
    pages_max: int = 200
    position_reads_max: int = 3
    settle_s: float = 0.5
    ping_s: float = 10.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0


DEFAULT = Limits()
