"""JSON text as material to be checked: numbers as they were written, repeated keys remembered."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tieout.core.errors import TieoutError

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a file, and where."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class CaseFaults(TieoutError):
    """A case file cannot be run. `faults` names everything that is wrong with it."""

    code = "case_file"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class Number(str):
    """A number literal, with the characters it was written in."""

    __slots__ = ()


class Members(dict[str, object]):
    """A JSON object that remembers which keys were given twice."""

    def __init__(self, pairs: Sequence[tuple[str, object]] = ()) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.repeated = tuple(key for key, count in counts.items() if count > 1)


def parsed(data: bytes) -> object:
    """The material of a JSON file. Raises CaseFaults when it is not JSON at all."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_json(f"byte {error.start + 1} is not UTF-8") from None
    try:
        return json.loads(
            text,
            parse_float=Number,
            parse_int=Number,
            parse_constant=Number,
            object_pairs_hook=Members,
        )
    except json.JSONDecodeError as error:
        raise not_json(f"line {error.lineno} column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise not_json("it is nested too deeply") from None


def not_json(why: str) -> CaseFaults:
    """The one fault of a file that cannot be read as JSON."""
    return CaseFaults([Fault("$", f"not a JSON document: {why}")])


def member_path(path: str, key: str) -> str:
    """The path of a key, quoted where it is not a plain word.

    >>> member_path("$.book[0]", "symbol"), member_path("$", "odd key")
    ('$.book[0].symbol', '$["odd key"]')
    """
    plain = _PLAIN_KEY.fullmatch(key)
    return f"{path}.{key}" if plain else f"{path}[{json.dumps(key)}]"


def shown(value: object) -> str:
    """A value as it stood in the file, shortened for a message."""
    text = str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."


def as_text(value: object) -> str | None:
    """A value of the broker's as text: texts and numbers as they are, the rest as JSON.

    Half a character, which nothing can write, becomes its escape.

    >>> as_text("A\\ud800"), as_text([1.5]), as_text(None)
    ('A\\\\ud800', '[1.5]', None)
    """
    if value is None:
        return None
    text = str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
