"""What one reading leaves for the next: where each series ended, and what was held then.

The caller stores it with the run as an opaque text, so it is never ahead of the book.
"""

from dataclasses import dataclass, field, replace

import msgspec

VERSION = 1


class _Written(msgspec.Struct, frozen=True, omit_defaults=True):
    version: int = 0
    fills: int | None = None
    seen: tuple[str, ...] = ()
    funding: int | None = None
    funding_asked: int | None = None
    ledger: int | None = None
    ledger_asked: int | None = None
    positions: dict[str, str] | None = None
    is_settled: bool = False
    is_begun: bool = False
    doubts: dict[str, int] = {}
    drifts: dict[str, str] = {}
    tokens: dict[str, str] = {}
    token_doubts: dict[str, str] = {}
    paid: dict[str, str] = {}
    dexes: tuple[str, ...] = ()
    scanned: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Times are in milliseconds.

    `fills`, `funding` and `ledger` are the times of the last rows, `seen` the ids of the fills at
    that time: they have to come again, else the reply is not of this account. `positions`,
    `tokens` and `paid` are what the venue reported: sizes (None where that is not certain), spot
    balances, funding so far. The sizes `is_settled` once a second reading agreed; those that
    came to be `doubts`, since a time, stand as their fills left them (`drifts` says how far from
    that they were reported), and so do balances that came to be `token_doubts`, with what was
    reported instead.
    A book `is_begun` where no reading was whole yet, and something of one was told.
    `dexes` are the builder dexes with positions at the time when all of them were `scanned` or
    since.
    """

    fills: int | None = None
    seen: frozenset[str] = frozenset()
    funding: int | None = None
    funding_asked: int | None = None
    ledger: int | None = None
    ledger_asked: int | None = None
    positions: dict[str, str] | None = None
    is_settled: bool = False
    is_begun: bool = False
    doubts: dict[str, int] = field(default_factory=dict)
    drifts: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    token_doubts: dict[str, str] = field(default_factory=dict)
    paid: dict[str, str] = field(default_factory=dict)
    dexes: tuple[str, ...] = ()
    scanned: int | None = None

    @property
    def is_first(self) -> bool:
        """Whether no reading before was whole."""
        return self.fills is None and self.positions is None

    def with_fills_of(self, earlier: "Bookmark") -> "Bookmark":
        """This one, but the fills since an earlier one are asked for again, and judged again."""
        return replace(
            self,
            fills=earlier.fills,
            seen=earlier.seen,
            positions=earlier.positions,
            is_settled=earlier.is_settled,
            tokens=earlier.tokens,
        )

    @staticmethod
    def read(text: str | None) -> "Bookmark":
        """The bookmark in a text; one that is not understood is as good as none."""
        try:
            found = msgspec.json.decode(text or "", type=_Written)
        except (msgspec.MsgspecError, ValueError):
            return Bookmark()
        if found.version != VERSION:
            return Bookmark()
        fields = {name: getattr(found, name) for name in _NAMES}
        return Bookmark(**{**fields, "seen": frozenset(found.seen)})

    def text(self) -> str:
        """The bookmark as a text."""
        fields = {name: getattr(self, name) for name in _NAMES}
        written = _Written(version=VERSION, **{**fields, "seen": tuple(sorted(self.seen))})
        return msgspec.json.encode(written).decode()


_NAMES = tuple(name for name in _Written.__struct_fields__ if name != "version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Fills of an account that were read before; a reply without them is of another account."""

    at: int
    ids: frozenset[str]


def anchor_of(bookmark: Bookmark) -> Anchor | None:
    """What a bookmark knows of the last fills."""
    if bookmark.fills is None or not bookmark.seen:
        return None
    return Anchor(at=bookmark.fills, ids=bookmark.seen)


def anchor_after(bookmark: Bookmark, before: Anchor | None) -> Anchor | None:
    """What a later reading has to find again."""
    return anchor_of(bookmark) or before
