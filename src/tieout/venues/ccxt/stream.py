"""ccxt's own stream as news: that something happened, never what. A reading tells the rest.

ccxt gives a socket up that misses two answers to its pings, which it sends as often as we say;
then, as after every other end, it is connected anew, and the first thing told is that a reading is
due.
"""

from collections.abc import Callable
from typing import Any

from tieout.ports import News, Tell
from tieout.venues.ccxt.limits import Limits
from tieout.venues.ccxt.sdk import is_no_such_watch
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.waiting import Sleep

WATCHES = (
    ("watchMyTrades", "watch_my_trades"),
    ("watchOrders", "watch_orders"),
    ("watchPositions", "watch_positions"),
    ("watchBalance", "watch_balance"),
)

# Makes ccxt's streaming class, which calls back when it has connected.
Make = Callable[[Callable[[], None]], Any]


class Updates:
    """The stream of one login."""

    def __init__(self, make: Make, *, scrub: Scrub, limits: Limits, sleep: Sleep) -> None:
        self._make = make
        self._scrub = scrub
        self._limits = limits
        self._sleep = sleep

    async def listen(self, tell: Tell, *, markets_of: Any) -> None:
        """Tell of news until cancelled; return where ccxt has no stream of an account."""
        delay_s = self._limits.reconnect_s
        left = list(WATCHES)
        while True:
            is_up: list[bool] = []

            def connected(is_up: list[bool] = is_up) -> None:
                if not is_up:
                    tell(News(kind="connected"))
                is_up.append(True)

            watcher = self._make(connected)
            if watcher is None:
                return
            left = [each for each in left if watcher.has.get(each[0])]
            try:
                if not left:
                    return
                watcher.set_markets_from_exchange(markets_of)
                await _watch(watcher, left[0][1], tell)
            except Exception as error:  # whatever ends a stream, the next one is tried
                if is_no_such_watch(error):
                    left.pop(0)
                    continue
                tell(News(kind="lost", reason=self._scrub.text(str(error) or type(error).__name__)))
            finally:
                await watcher.close()
            delay_s = self._limits.reconnect_s if is_up else delay_s
            await self._sleep(delay_s)
            delay_s = min(delay_s * 2, self._limits.reconnect_s_max)


async def _watch(watcher: Any, method: str, tell: Tell) -> None:
    while True:
        await getattr(watcher, method)()
        tell(News(kind="changed"))
