"""What can be wrong with a file, said so that a person finds the place at once."""

from tieout.core.errors import TieoutError


class FileFault(TieoutError):
    """A file, or an argument about one, is wrong; nothing was compared and nothing is written.

    `place` is "line 3" or "row 3", `column` a column's name as the file spells it.
    """

    code = "file"

    def __init__(self, message: str, *, file: str = "", place: str = "", column: str = "") -> None:
        where = ", ".join(part for part in (file, place, column and f"column {column}") if part)
        super().__init__(f"{where}: {message}" if where else message)
        self.file = file
        self.place = place
        self.column = column


class Doubt(Exception):
    """The fast engine cannot promise the plain engine's answer; the plain engine is asked."""
