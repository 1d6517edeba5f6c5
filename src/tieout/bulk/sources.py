"""Which file, in which format: by its extension, by what was asked for, or from stdin."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from tieout.bulk.faults import FileFault

Format = Literal["csv", "json", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

EXTENSIONS: Mapping[str, Format] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that can be read more than once: `name` is how people know it."""

    name: str
    path: Path
    format: Format


def format_of(name: str, *, asked: str | None) -> Format:
    """The format asked for, else the one the extension tells."""
    if asked is not None:
        if asked not in FORMATS:
            raise FileFault(f"{asked!r} is no format; allowed are {', '.join(FORMATS)}", file=name)
        return asked
    if name == STDIN:
        raise FileFault(
            f"stdin has no extension: say --format with one of {', '.join(FORMATS)}", file=name
        )
    known = EXTENSIONS.get(Path(name).suffix.lower())
    if known is None:
        raise FileFault(
            f"the extension does not tell the format: allowed are {', '.join(EXTENSIONS)}, "
            f"or say --format with one of {', '.join(FORMATS)}",
            file=name,
        )
    return known


def formats_of(
    ours: str,
    theirs: str,
    *,
    both: str | None = None,
    ours_asked: str | None = None,
    theirs_asked: str | None = None,
) -> tuple[Format, Format]:
    """The formats of the two sides.

    What is asked for one side counts most. `both` counts before the extensions; beside stdin
    it is stdin's, and a file that has a known extension keeps to that.
    """

    def asked(name: str, own: str | None, *, beside_stdin: bool) -> str | None:
        if own is not None:
            return own
        is_known = Path(name).suffix.lower() in EXTENSIONS
        return None if beside_stdin and is_known else both

    return (
        format_of(ours, asked=asked(ours, ours_asked, beside_stdin=theirs == STDIN)),
        format_of(theirs, asked=asked(theirs, theirs_asked, beside_stdin=ours == STDIN)),
    )


def open_source(name: str, *, file_format: Format, folder: Path, stdin: BinaryIO | None) -> Source:
    """Make sure that a file is there and readable; stdin is kept in `folder` meanwhile."""
    if name == STDIN:
        path = folder / "stdin"
        with path.open("wb") as kept:
            shutil.copyfileobj(stdin or sys.stdin.buffer, kept)
        return Source(name="stdin", path=path, format=file_format)
    path = Path(name)
    try:
        with path.open("rb"):
            return Source(name=name, path=path, format=file_format)
    except OSError as error:
        raise FileFault(f"cannot be read: {error.strerror or error}", file=name) from error
    except ValueError as error:  # a NUL in the name
        raise FileFault(f"cannot be read: {error}", file=name) from error
