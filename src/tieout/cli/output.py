"""Where output goes: tables and JSON to stdout, everything else to stderr."""

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

TIED_OUT, NOT_TIED_OUT, WRONG = 0, 1, 2
DECIMALS_AS_STRINGS: ContextVar[bool] = ContextVar("DECIMALS_AS_STRINGS", default=False)
TRACEBACKS: ContextVar[bool] = ContextVar("TRACEBACKS", default=False)
WIDTH_OF_NO_TERMINAL = 120
QUIET_S_MAX = 1.0


def console() -> "Console":
    """The console for people, on stdout; 120 columns where there is no terminal."""
    from rich.console import Console

    shown = Console(highlight=False, markup=False, emoji=False)
    if not shown.is_terminal:
        shown = Console(
            highlight=False, markup=False, emoji=False, width=_columns(), soft_wrap=False
        )
    return shown


def _columns() -> int:
    import os

    told = os.environ.get("COLUMNS", "")
    return int(told) if told.isdecimal() and int(told) > 0 else WIDTH_OF_NO_TERMINAL


def program() -> str:
    """How this program was started, to be typed again: `tieout`, or the path of it."""
    import shutil

    started = sys.argv[0]
    if Path(started).name == "__main__.py":
        return "python -m tieout"
    return Path(started).name if shutil.which(Path(started).name) == started else started


def tell(message: str) -> None:
    """A line on stderr."""
    print(message, file=sys.stderr, flush=True)


def tell_traceback(error: BaseException | None) -> None:
    """Where a fault of ours comes from, for those who asked for it."""
    import traceback

    from tieout.core.errors import UnexpectedError

    if TRACEBACKS.get() and isinstance(error, UnexpectedError) and error.__cause__ is not None:
        tell("".join(traceback.format_exception(error.__cause__)).rstrip())


def write_json(material: Any) -> None:
    """JSON on stdout, and nothing else: decimals as number literals with all their digits.

    `tieout --decimals strings` writes them as strings, for readers that know only floats.
    """
    write_text(json_text(material))


def write_text(text: str) -> None:
    """JSON that is made already; escaped where stdout has no letter for all of it."""
    if (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8":
        text = "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text)
    sys.stdout.write(text)
    sys.stdout.flush()  # who reads it may wait for it, while we go on


def json_text(material: Any) -> str:
    """JSON whose decimals are number literals in plain notation.

    >>> from decimal import Decimal
    >>> json_text({"quantity": Decimal("1E+2"), "price": Decimal("0.00000010")})
    '{\\n  "quantity": 100,\\n  "price": 0.00000010\\n}\\n'
    """
    import msgspec

    encoded = msgspec.json.encode(_plain(material))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def json_line(material: Any) -> str:
    """The same on one line."""
    import msgspec

    return msgspec.json.encode(_plain(material)).decode() + "\n"


def _plain(value: Any) -> Any:
    from datetime import date, datetime
    from decimal import Decimal

    import msgspec

    from tieout.core.numbers import plain

    if isinstance(value, Decimal):
        text = plain(value)
        return text if DECIMALS_AS_STRINGS.get() else msgspec.Raw(text.encode())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def time_text(moment: Any) -> str:
    """RFC 3339 in UTC with Z, fractions only where there are any."""
    from datetime import UTC

    text: str = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Says on stderr what is being done, once it has taken longer than a second."""
    if sys.stderr.isatty():
        with _spinner(doing):
            yield
        return
    timer = threading.Timer(QUIET_S_MAX, tell, args=(f"tieout: {doing} ...",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _spinner(doing: str) -> Iterator[None]:
    from rich.console import Console

    status = Console(stderr=True, markup=False).status(f"{doing} ...")
    timer = threading.Timer(QUIET_S_MAX, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()
