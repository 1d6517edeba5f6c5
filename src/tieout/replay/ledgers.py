"""The ledgers of a file: which one a fill belongs to, by account, instrument and side."""

from dataclasses import replace

from tieout.core.activity import Side
from tieout.core.instrument import Instrument, LedgerId, spelling_key
from tieout.core.position import Ledger
from tieout.replay.export import Export, Fill

Key = tuple[str | None, str]


class Ledgers:
    """All ledgers met so far. A renamed instrument keeps its ledger under both names."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._by_key: dict[Key, LedgerId] = {}
        self.accounts: dict[LedgerId, str | None] = {}
        self.found: dict[LedgerId, Ledger] = {}

    def of(self, fill: Fill) -> LedgerId:
        """The ledger of a fill, a new one for an instrument not met before."""
        key = (fill.account, fill.instrument)
        known = self._by_key.get(key)
        if known is None:
            instrument = self._export.instrument(fill)
            known = self._open(key, instrument, side=fill.activity.side)
        if fill.activity.type == "rename" and fill.activity.to is not None:
            self._by_key[fill.account, self._named(fill.activity.to, fill.activity.side)] = known
        return known

    def partner_of(self, fill: Fill) -> LedgerId | None:
        """The ledger that gets the new units of a merger or spin-off."""
        activity = fill.activity
        if activity.type not in ("merger", "spin_off") or activity.to is None:
            return None
        key = (fill.account, self._named(activity.to, activity.side))
        known = self._by_key.get(key)
        if known is None:
            parent = self.found[self.of(fill)].instrument
            child = replace(parent, symbol=activity.to, venue_ids=(), spellings=(), expires=None)
            known = self._open(key, child, side=activity.side)
        return known

    def _open(self, key: Key, instrument: Instrument, *, side: Side | None) -> LedgerId:
        account, name = key
        ledger = LedgerId(f"{account or ''}|{name}")
        self._by_key[key] = ledger
        self.accounts[ledger] = account
        self.found[ledger] = Ledger(id=ledger, instrument=instrument, side=side)
        return ledger

    def _named(self, symbol: str, side: Side | None) -> str:
        """The key under which a reader will have fills of this symbol."""
        return spelling_key(symbol) if side is None else f"{spelling_key(symbol)}|{side}"
