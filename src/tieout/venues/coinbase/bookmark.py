"""What one reading leaves for the next: where each list ended, and what was held then.

The caller stores it with the run as an opaque text, so it is never ahead of the book.
"""

from collections.abc import Mapping

import msgspec

VERSION = 1


class Bookmark(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How far the last reading came, and `at` which time.

    `fills` is the time of the last fill, `entries` are the ids and times of those that will be
    listed again; where a history was too long for one reading, `backlog`
    is the time down to which it was read, from `fills` back, and `base` where it started.
    `trades` is the time of the last trade at the gateway, in milliseconds, and `seen` are the ids
    and times of those that will be listed again; `slots` are the subaccounts of isolated margin
    and the time of the last trade in each, 0 where there was none. `log` is the time of the last
    row of its log, and `user` whose that was. `currencies` are those of which all trades before
    were read, `logged` those of which the log was; without any it was only USDC. `held` is what
    was then reported, by symbol; None before the first reading. `doubts` are contracts that moved
    without a trade, and since when; `contradicted` are those whose trades led elsewhere at the
    first reading, which is believed when it is told again; `updated` is when the wallets that hold
    something last moved, and what was available and on hold in them, by id.
    """

    version: int = 0
    portfolio: str = ""
    at: str | None = None
    fills: str | None = None
    entries: Mapping[str, str] = {}
    backlog: str | None = None
    base: str | None = None
    trades: int | None = None
    slots: Mapping[int, int] = {}
    currencies: tuple[str, ...] = ()
    log: int | None = None
    logged: tuple[str, ...] = ()
    user: str = ""
    seen: Mapping[str, int] = {}
    held: Mapping[str, str] | None = None
    doubts: Mapping[str, str] = {}
    contradicted: tuple[str, ...] = ()
    updated: Mapping[str, tuple[str, str, str]] = {}
    had_futures: bool = False
    had_perpetuals: bool = False

    @staticmethod
    def read(text: str | None, *, portfolio: str) -> "Bookmark":
        """The bookmark in a text; one that is not understood, or of another, is as good as none."""
        try:
            found = msgspec.json.decode(text or "", type=Bookmark)
        except (msgspec.MsgspecError, ValueError):
            return Bookmark(version=VERSION, portfolio=portfolio)
        if found.version != VERSION or found.portfolio != portfolio:
            return Bookmark(version=VERSION, portfolio=portfolio)
        return found

    def text(self) -> str:
        """The bookmark as a text."""
        return msgspec.json.encode(self).decode()
