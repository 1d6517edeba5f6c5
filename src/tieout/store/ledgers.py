"""The ledgers of a book as they were read: texts that become values when somebody looks."""

from collections.abc import Iterator, Mapping

from tieout.core.errors import StoreError
from tieout.core.instrument import LedgerId
from tieout.core.position import Ledger
from tieout.store.codec import read_ledger


class ReadLedgers(Mapping[LedgerId, Ledger]):
    """Ledgers by id, each decoded at its first use: 20 us saved for every one not needed."""

    __slots__ = ("_found",)

    def __init__(self, found: dict[LedgerId, Ledger | str]) -> None:
        self._found = found

    def __getitem__(self, key: LedgerId) -> Ledger:
        found = self._found[key]
        if isinstance(found, str):
            found = self._found[key] = _read(key, found)
        return found

    def __iter__(self) -> Iterator[LedgerId]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, key: object) -> bool:
        return key in self._found

    def with_changes(self, changed: Mapping[LedgerId, Ledger]) -> "ReadLedgers":
        """The ledgers after a run; those that nobody looked at stay texts."""
        return ReadLedgers({**self._found, **changed})


def _read(key: LedgerId, text: str) -> Ledger:
    try:
        return read_ledger(text)
    except ValueError as failure:
        raise StoreError(
            f"the ledger {key} cannot be read ({failure}); `tieout verify` says what was changed"
        ) from failure
