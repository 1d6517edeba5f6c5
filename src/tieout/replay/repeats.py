"""Fills that a file has twice, as overlapping pages do: each counts once, by its id."""

from tieout.replay.export import Fill
from tieout.replay.files import FillsFile


class Repeats:
    """The ids met so far in one reading of a file."""

    def __init__(self, file: FillsFile, *, column: str) -> None:
        self._file = file
        self._column = column
        self._known: dict[tuple[str | None, str], tuple[int, int]] = {}
        self.count = 0

    def is_first(self, fill: Fill) -> bool:
        """Whether a fill was not there before; the same id with other content is a fault."""
        content = hash(fill.activity)
        key = (fill.account, fill.activity.id)
        row, before = self._known.setdefault(key, (fill.row, content))
        if row == fill.row:
            return True
        if before != content:
            message = f"{fill.activity.id} is that of row {row} too, with other content"
            raise self._file.fault(message, place=f"row {fill.row}", column=self._column)
        self.count += 1
        return False

    def remarks(self) -> list[str]:
        """What was left out, in words."""
        return [f"{self.count} x a row that was there before: counted once"] if self.count else []
