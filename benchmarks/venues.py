"""One sync over the real SDK and a real socket, venue by venue, beside the SDK alone.

A venue is its simulator, in a process of its own. A sync is a whole run: the venue is read, the
book is tied out and the run is written to disk.

    first       a new connection and an empty book: everything that ever happened is read
    quiet       nothing has changed but prices, in a process that goes on running
    anew        the same over a new connection, as a command makes one
    changed     in a twentieth of the positions there was a trade some seconds ago

    calls       what the venue was asked, counted at the simulator
    in_a_row    how many turns of a client follow each other, the others go on beside them; opening
                a connection to IBKR takes two
    bytes_out, bytes_in     what was sent and what came, headers and all, counted on the way
    far_ms      the time when every answer comes 50 ms later, in one sync
    read_ms     until positions and activities are there in the words of the core
    sync_ms     the whole run
    sdk_ms      the SDK alone: the same calls one after the other, and nothing done with them
    ratio       the sync to the SDK, by the clock; `processor_ratio` by the time of the processor

Times are milliseconds, medians of syncs that took turns with the SDK's.
"""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from benchmarks.bare import SDKS, Bare
from benchmarks.clocks import Shifted
from benchmarks.login import Login
from benchmarks.measuring import Took
from benchmarks.serving import Facts, Serving
from tieout.core.errors import SettingsError
from tieout.venues.registry import factory

SIZES = (10, 100, 1_000)
MANY = ((50, 5_000),)  # accounts and positions of one login at IBKR
ROUNDS, MANY_ROUNDS = 7, 3
SETTLING = 2  # syncs, until a venue is asked no more than is needed
CHANGED_PERCENT = 5
CALLS_TARGET = 3
FAR_S = 0.05
GATEWAY_MESSAGES_PER_S = 50
OPENED_AT_S = -10 * 86_400.0  # the positions are of long ago
MEASURED_AT_S = -600.0
MEANWHILE_S = 7.0  # a fill that is younger may not be in the positions, and is waited for
MILLISECONDS = 1_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is measured: a venue, and what is held there."""

    market: str
    venue: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A sync and the SDK, neighbours in time."""

    ours: Took
    sdk: Took
    read_s: float


HELD = (
    Held(market="alpaca", venue="alpaca", what="stocks"),
    Held(market="hyperliquid", venue="hyperliquid", what="perps"),
    Held(market="hyperliquid_everywhere", venue="hyperliquid", what="perps on 3 dexes, spot"),
    Held(market="ibkr", venue="ibkr", what="stocks"),
    Held(market="coinbase", venue="coinbase", what="coins"),
)
MARKETS = tuple(each.market for each in HELD)
KINDS = ("first", "quiet", "anew", "changed")
ANEW = ("first", "anew")  # over a new connection
LOGIN = Held(market="ibkr", venue="ibkr", what="stocks")


def run(
    *,
    sizes: Sequence[int] = SIZES,
    rounds: int = ROUNDS,
    many: Sequence[tuple[int, int]] = MANY,
    markets: Sequence[str] = MARKETS,
) -> dict[str, Any]:
    """The syncs of every venue that there is both an adapter and a simulator of."""
    syncs: list[Row] = []
    asked: list[Row] = []
    logins: list[Row] = []
    for held in filter(_is_there, (each for each in HELD if each.market in markets)):
        for size in sizes:
            with _measuring(held, size, accounts=1) as measuring:
                syncs += measuring.rows(rounds)
        asked += measuring.asked
    for accounts, size in many:
        with _measuring(LOGIN, size, accounts=accounts) as measuring:
            logins += measuring.rows(min(rounds, MANY_ROUNDS))
    return {
        "unit": "milliseconds, medians",
        "far_answer_ms": FAR_S * MILLISECONDS,
        "changed_percent": CHANGED_PERCENT,
        "syncs": syncs,
        "quiet_calls": asked,
        "many_accounts": logins,
    }


def _is_there(held: Held) -> bool:
    try:
        factory(held.venue)
    except SettingsError as missing:
        _say(f"venues: left out: {missing}")
        return False
    return True


@contextmanager
def _measuring(held: Held, size: int, *, accounts: int) -> "Iterator[_Measuring]":
    """A venue that holds so much, in a process of its own, while it is measured.

    The SDK alone has another one to which the same happens: a gateway of IBKR gives portfolios
    to one client at a time, and every client hears of the other's trades.
    """
    of = f" in {accounts} accounts" if accounts > 1 else ""
    _say(f"venues: {held.venue}, {held.what}: {size:,} positions{of}")
    clock = Shifted(MEASURED_AT_S)
    with TemporaryDirectory(prefix="tieout-benchmark-") as folder:
        options = {
            "market": held.market,
            "positions": size,
            "accounts": accounts,
            "opened_at_s": OPENED_AT_S,
            "seconds": MEASURED_AT_S,
        }
        with ThreadPoolExecutor(2) as starting:
            begun = [
                starting.submit(Serving, "venue", Path(folder), **options) for _ in ("ours", "sdk")
            ]
        with begun[0].result() as serving, begun[1].result() as of_sdk:
            servings = (serving, of_sdk)
            yield _Measuring(held, size, accounts, servings=servings, clock=clock, folder=folder)


class _Measuring:
    """One venue with so many positions."""

    def __init__(
        self,
        held: Held,
        size: int,
        accounts: int,
        *,
        servings: tuple[Serving, Serving],
        clock: Shifted,
        folder: str,
    ) -> None:
        self.asked: list[Row] = []
        self._held = held
        self._size = size
        self._accounts = accounts
        self._serving, self._of_sdk = servings
        self._clock = clock
        self._folder = Path(folder)
        self._settings = self._serving.ask("settings")

    def rows(self, rounds: int) -> list[Row]:
        """Each kind of sync: counted from far away, then timed nearby."""
        counted = self._counted()
        timed = self._timed(rounds)
        return [self._row(kind, counted[kind], timed[kind]) for kind in KINDS]

    # The kinds, in an order in which none makes the next one dearer

    def _each_kind(self, login: Login) -> "Iterator[tuple[str, Callable[[], None]]]":
        """What is done before each kind of sync, of those over a connection that goes on."""
        yield "first", login.begin
        for _ in range(SETTLING):
            login.sync()
        yield "quiet", lambda: None
        yield "anew", login.reconnect
        yield "changed", self._change

    def _change(self) -> None:
        self._wait()
        self._both("change", count=max(1, self._size * CHANGED_PERCENT // 100))
        self._wait()

    def _wait(self) -> None:
        self._clock.advance(MEANWHILE_S)
        self._both("advance", seconds=MEANWHILE_S)

    def _both(self, command: str, **facts: Any) -> None:
        self._serving.ask(command, **facts)
        self._of_sdk.ask(command, **facts)

    def _login(self, way: str) -> Login:
        return Login(
            self._held.venue,
            self._settings[way],
            clock=self._clock,
            folder=self._folder / way,
            positions=self._size,
        )

    # Counting

    def _counted(self) -> dict[str, Facts]:
        """What passes, and how long it takes when every answer takes its time."""
        found: dict[str, Facts] = {}
        self._serving.ask("far", delay_s=FAR_S)
        login = self._login("by_relay")
        for kind, prepare in self._each_kind(login):
            prepare()
            self._both("move_prices")
            self._serving.ask("calls")
            self._serving.ask("passed")
            far = _took(login.sync)
            found[kind] = {
                "far": far,
                **self._serving.ask("calls"),
                **self._serving.ask("passed"),
            }
        login.close()
        named = found["quiet"]["named"]
        self.asked = [
            {"venue": self._held.venue, "what": self._held.what, "call": call, "times": times}
            for call, times in sorted(named.items())
        ]
        return found

    # Timing

    def _timed(self, rounds: int) -> dict[str, list[_Pair]]:
        """Syncs and the SDK by turns."""
        found: dict[str, list[_Pair]] = {}
        login = self._login("direct")
        bare = Bare(SDKS[self._held.venue], self._of_sdk.ask("settings")["direct"])
        for kind, prepare in self._each_kind(login):
            found[kind] = [
                self._pair(login, bare, prepare, is_anew=kind in ANEW) for _ in range(rounds)
            ]
        login.close()
        bare.close()
        return found

    def _pair(
        self, login: Login, bare: Bare, prepare: Callable[[], None], *, is_anew: bool
    ) -> _Pair:
        """One sync, and what it asked once more."""
        prepare()
        self._both("move_prices")
        self._serving.ask("calls")
        gc.collect()
        ours = _took(login.sync)
        asked = self._serving.ask("calls")
        assert not asked["refused"], asked["refused"]
        if is_anew:
            bare.close()
        elif not bare.is_open:
            bare.open()
        gc.collect()
        sdk = _took(lambda: bare.ask(asked["calls"]))
        return _Pair(ours=ours, sdk=sdk, read_s=login.read_s)

    def _row(self, kind: str, counted: Facts, timed: list[_Pair]) -> Row:
        far: Took = counted["far"]
        calls = sum(counted["named"].values())
        login = {"accounts": self._accounts} if self._accounts > 1 else {}
        pace = {"messages_per_s": counted["messages_per_s"], "limit": GATEWAY_MESSAGES_PER_S}
        return {
            "venue": self._held.venue,
            "what": self._held.what,
            **login,
            "positions": self._size,
            "sync": kind,
            "calls": calls,
            "in_a_row": counted["in_a_row"],
            "bytes_out": counted["bytes_out"],
            "bytes_in": counted["bytes_in"],
            **(pace if login else {}),
            "read_ms": _ms(each.read_s for each in timed),
            "sync_ms": _ms(each.ours.seconds for each in timed),
            "sdk_ms": _ms(each.sdk.seconds for each in timed),
            "ratio": round(median(each.ours.seconds / each.sdk.seconds for each in timed), 2),
            "processor_ratio": round(
                median(each.ours.processor_s / each.sdk.processor_s for each in timed), 2
            ),
            "far_ms": _ms([far.seconds]),
            "met": None if kind != "quiet" or login else calls <= CALLS_TARGET,
        }


def _took(work: Callable[[], object]) -> Took:
    before, processor_before = perf_counter(), process_time()
    work()
    return Took(perf_counter() - before, process_time() - processor_before)


def _ms(seconds: Iterable[float]) -> float:
    return round(median(seconds) * MILLISECONDS, 1)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
