"""Fills that a file has twice, as overlapping pages do: each counts once, by its id."""

from tieout.replay.export import Fill
from tieout.replay.files import FillsFile


class Repeats:
    """The ids that a file has, and how many rows came again.

    A first reading finds whether any does; where none did, a second one need not look.
    """

    def __init__(self, file: FillsFile, *, column: str) -> None:
        self._file = file
        self._column = column
        self._contents: dict[tuple[str | None, str], int] = {}
        self._has_none = False
        self.count = 0

    def begin(self) -> None:
        """The file is about to be read, perhaps not for the first time."""
        self._has_none = bool(self._contents) and not self.count
        self._contents = {}
        self.count = 0

    def is_first(self, fill: Fill) -> bool:
        """Whether a fill was not there before; the same id with other content is a fault."""
        if self._has_none:
            return True
        key, content = (fill.account, fill.activity.id), hash(fill.activity)
        before = self._contents.get(key)
        if before is None:
            self._contents[key] = content
            return True
        if before != content:
            message = f"{fill.activity.id} was there before, with other content"
            raise self._file.fault(message, place=f"row {fill.row}", column=self._column)
        self.count += 1
        return False

    def remarks(self) -> list[str]:
        """What was left out, in words."""
        return counted_once(self.count)


def counted_once(count: int) -> list[str]:
    """How many rows came again, in words; nothing where none did."""
    return [f"{count} x a row that was there before: counted once"] if count else []
