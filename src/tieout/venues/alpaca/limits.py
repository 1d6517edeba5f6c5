"""How long and how much: every limit that a reading of Alpaca has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a connection waits for and accepts.

    `read_s` is silence between two pieces of a reply, `call_s` one reply as a whole, `deadline_s`
    a reading with all its calls and waits. `settle_s` is how long Alpaca gets to show a fill in a
    position. `pages_max` of activities leave a part of Alpaca's 200 requests a minute to others;
    a longer history is read in several runs. A stream that does not answer a ping for `ping_s`,
    sent every `ping_s`, is dead; `reconnect_s` and more with each try go by before the next.
    No wish of Alpaca (Retry-After) is followed for longer than `quiet_s_max`.
    """

    connect_s: float = 5.0
    read_s: float = 20.0
    call_s: float = 40.0
    deadline_s: float = 90.0
    tries_max: int = 4
    backoff_s: float = 0.5
    backoff_s_max: float = 8.0
    quiet_s_max: float = 3600.0
    body_bytes_max: int = 64 * 1024 * 1024
    evidence_bytes_max: int = 8 * 1024 * 1024
    pages_max: int = 100
    position_reads_max: int = 3
    settle_s: float = 0.5
    ping_s: float = 10.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0


DEFAULT = Limits()
