"""Where settings come from: a TOML file with its line numbers, and names in the environment."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout.core.errors import SettingsError

FILE_NAME = "tieout.toml"
FILE_BYTES_MAX = 1_000_000
Path_ = tuple[str | int, ...]


def find_file(given: Path | None, *, environment: Mapping[str, str], folder: Path) -> Path | None:
    """The settings file: the one given, else TIEOUT_CONFIG, else tieout.toml in the folder."""
    if given is not None:
        return _existing(given, asked_by="--config")
    named = environment.get("TIEOUT_CONFIG", "").strip()
    if named:
        return _existing(Path(named), asked_by="TIEOUT_CONFIG")
    beside = folder / FILE_NAME
    return beside if beside.exists() else None


def _existing(path: Path, *, asked_by: str) -> Path:
    if not path.is_file():
        raise SettingsError(f"{asked_by}: there is no file {path}")
    return path


def load_file(path: Path) -> tuple[dict[str, Any], dict[Path_, int]]:
    """The tables of the file and the line of each key; numbers are read exactly."""
    try:
        with path.open("rb") as opened:
            content = opened.read(FILE_BYTES_MAX + 1)
        written = content.decode("utf-8-sig")  # editors on Windows put a mark before it
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not text in UTF-8 (byte {error.start})") from None
    if len(content) > FILE_BYTES_MAX:
        raise SettingsError(f"{path}: is longer than {FILE_BYTES_MAX} bytes")
    try:
        return tomllib.loads(written, parse_float=Decimal), lines_of(written)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None


def lines_of(written: str) -> dict[Path_, int]:
    """The line of each table and key, as far as a look at single lines can tell.

    >>> lines_of('[store]\\nurl = "x"\\n[[connections]]\\nname = "a"')[("connections", 0, "name")]
    4
    """
    found: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    table: Path_ = ()
    for line_number, line in enumerate(written.splitlines(), start=1):
        header = re.match(r"\s*(\[\[?)(.+?)\]\]?\s*(#.*)?$", line)
        if header:
            table = _header_path(header[2], is_array=header[1] == "[[", counts=counts)
            found.setdefault(table, line_number)
            continue
        key = re.match(r"\s*([^=#\[\]{}]+?)\s*=", line)
        if key:
            found.setdefault(table + _key_path(key[1]), line_number)
    return found


def _header_path(name: str, *, is_array: bool, counts: dict[Path_, int]) -> Path_:
    path = _key_path(name)
    if not is_array:
        return path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])


def _key_path(name: str) -> Path_:
    """The parts of a dotted key, quoted parts whole; nothing for what is no key."""
    try:
        material: Any = tomllib.loads(f"{name} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    parts: list[str] = []
    while isinstance(material, dict):
        ((part, material),) = material.items()
        parts.append(part)
    return tuple(parts)


def variable_name(*parts: str) -> str:
    """The environment name of a key.

    >>> variable_name("connections", "alpaca-paper", "address")
    'TIEOUT_CONNECTIONS_ALPACA_PAPER_ADDRESS'
    >>> variable_name("accounts", "alpaca-paper/*", "policy", "on_missing")
    'TIEOUT_ACCOUNTS_ALPACA_PAPER_ALL_POLICY_ON_MISSING'
    """
    words = [re.sub(r"[^A-Za-z0-9]", "_", part.replace("*", "ALL")) for part in parts]
    return "_".join(["TIEOUT", *words]).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a table or key stands: in the file with its line, and in the environment."""

    file: Path | None = None
    lines: Mapping[Path_, int] = field(default_factory=dict)
    path: Path_ = ()
    words: tuple[str, ...] = ()

    def at(self, *path: str | int, word: str | None = None) -> "Place":
        """The place of a key inside; `word` names it for people where the path has a number."""
        named = word if word is not None else str(path[-1])
        return replace(self, path=(*self.path, *path), words=(*self.words, named))

    @property
    def variable(self) -> str:
        return variable_name(*self.words)

    def __str__(self) -> str:
        if self.file is None:
            return self.name
        line = next((self.lines[part] for part in self._outwards() if part in self.lines), None)
        position = f"{self.file}:{line}" if line is not None else str(self.file)
        return f"{position}: {self.name}"

    @property
    def name(self) -> str:
        return ".".join(f'"{word}"' if "/" in word else word for word in self.words)

    def _outwards(self) -> Iterable[Path_]:
        return (self.path[:length] for length in range(len(self.path), 0, -1))


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, as the end of a message; else all that are known."""
    names = sorted(known)
    spelt = {name.lower(): name for name in names}
    near = difflib.get_close_matches(word.lower(), spelt, n=1, cutoff=0.6)
    if near:
        return f"did you mean {spelt[near[0]]}?"
    return f"allowed: {', '.join(names)}"
