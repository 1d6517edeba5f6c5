"""How long to wait: what a venue asks for, else longer with each try."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from tieout.core.errors import VenueUnavailable
from tieout.ports import Clock
from tieout.retry_after import seconds_in, wait_s_in
from tieout.venues.connection import ADVICE_AGAIN
from tieout.venues.http.answers import Answer

Sleep = Callable[[float], Awaitable[None]]
Chance = Callable[[], float]  # a number from 0 up to 1

TOO_MANY_REQUESTS = 429
WISH_S_MAX = timedelta(days=366).total_seconds()  # a longer one is no different


def asked_wait_s(answer: Answer, *, now: datetime) -> float | None:
    """How long an answer asks to wait: Retry-After in seconds or as a date, else the limit's reset.

    The reset is in seconds from now or since 1970. None for what is neither, or lies behind.
    """
    wait_s = wait_s_in(answer.headers.get("retry-after", ""), now=now)
    if wait_s is None and answer.status == TOO_MANY_REQUESTS:
        reset = seconds_in(answer.headers.get("x-ratelimit-reset", "").strip())
        is_moment = reset is not None and reset > now.timestamp() / 2
        wait_s = reset - now.timestamp() if is_moment and reset is not None else reset
    return min(wait_s, WISH_S_MAX) if wait_s is not None and wait_s > 0 else None


def backoff_s(tries: int, *, least_s: float, most_s: float, chance: Chance) -> float:
    """Longer with each try and never the same for two clients.

    >>> [backoff_s(tries, least_s=1, most_s=8, chance=lambda: 0.5) for tries in (1, 2, 3, 9)]
    [0.75, 1.5, 3.0, 6.0]
    """
    longest: float = min(least_s * 2 ** (tries - 1), most_s)
    return longest * (0.5 + chance() / 2)


class Quiet:
    """As long as a venue asked to be left alone: by every call of a connection, the next run's too.

    `rate_advice` says who else may have used the limit up.
    """

    def __init__(
        self, *, venue: str, rate_advice: str, longest_s: float, clock: Clock, sleep: Sleep
    ) -> None:
        self._venue = venue
        self._rate_advice = rate_advice
        self._longest_s = longest_s
        self._clock = clock
        self._sleep = sleep
        self._until: datetime | None = None

    def note(self, wish_s: float | None) -> None:
        """Follow a wish, though for no longer than `longest_s`. An earlier one stays."""
        until = self._clock.now() + timedelta(seconds=min(wish_s or 0.0, self._longest_s))
        self._until = until if self._until is None else max(until, self._until)

    async def keep(self, call: str, *, deadline_at: datetime) -> None:
        """Wait before a call. Raises VenueUnavailable where that is longer than there is time."""
        while (left_s := self._left_s()) > 0:
            if self._clock.now() + timedelta(seconds=left_s) >= deadline_at:
                raise VenueUnavailable(
                    f"asked to be left alone for another {left_s:.0f} s, so {call} was not sent",
                    venue=self._venue,
                    advice=f"{ADVICE_AGAIN}; {self._rate_advice}",
                    retry_after_s=left_s,
                )
            await self._sleep(left_s)

    def _left_s(self) -> float:
        if self._until is None:
            return 0.0
        left_s = (self._until - self._clock.now()).total_seconds()
        return left_s if left_s <= self._longest_s else 0.0  # the clock was set back
