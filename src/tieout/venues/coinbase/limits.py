"""How long and how much: every limit that a reading of Coinbase has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a connection waits for and accepts.

    `read_s` is silence between two pieces of a reply, `call_s` one reply as a whole, `deadline_s`
    a reading with all its calls and waits. `settle_s` is how long Coinbase gets to show a fill in
    a balance. `pages_max` is for each list; a longer history is read in several runs. A socket
    that has said nothing for `silent_s` is dead, as a heartbeat comes every second, or an answer
    to each of our pings (the gateway's own heartbeats come too seldom); `reconnect_s` and more
    with each try go by before the next. No wish (Retry-After) is followed for longer
    than `quiet_s_max`.
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
    transfers_max: int = 20
    settle_s: float = 0.5
    silent_s: float = 10.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0
    message_bytes_max: int = 10 * 1024 * 1024


DEFAULT = Limits()
