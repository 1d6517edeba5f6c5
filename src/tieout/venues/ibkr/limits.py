"""How long and how much: every limit that a connection to a gateway has."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a connection waits for and accepts.

    `connect_s` is for each step of a connect, `request_s` for one request, `deadline_s` for a
    reading with all its requests. `reports_s` is how long commission reports are waited for,
    `marks_s` how long an account's portfolio. `settle_s` goes by before positions are read again
    where something just happened, at most `reads_max` times. A gateway that says nothing for
    `heartbeat_s` is asked for the time and has `answer_s` for it; `reconnect_s` and more with
    each try go by before the next connect, up to `refused_s_max` where it was refused. TWS
    takes 50 messages a second from all it is asked, and ib_async's own 45 were seen to go over
    that.
    """

    connect_s: float = 15.0
    request_s: float = 20.0
    reports_s: float = 3.0
    marks_s: float = 3.0
    settle_s: float = 0.5
    deadline_s: float = 90.0
    tries_max: int = 3
    backoff_s: float = 0.5
    backoff_s_max: float = 8.0
    reads_max: int = 4
    heartbeat_s: float = 20.0
    answer_s: float = 10.0
    reconnect_s: float = 1.0
    reconnect_s_max: float = 30.0
    refused_s_max: float = 600.0
    messages_per_s: int = 35
    accounts_max: int = 50
    frame_bytes_max: int = 0xFFFFFF
    evidence_bytes_max: int = 8 * 1024 * 1024


DEFAULT = Limits()

# A fill this fresh may not be in the positions yet, and clocks differ by as much.
FRESH = timedelta(seconds=5)

# How far a gateway's clock may be ahead of ours before its times are no use.
AHEAD_MAX = timedelta(minutes=10)

# A commission that has not come by then does not come any more.
LATE = timedelta(minutes=10)

# reqExecutions gives a day, or a week where TWS is set so; an execution is remembered for longer.
REMEMBERED = timedelta(days=8)
