"""A value that must never be shown, and where it comes from."""

from collections.abc import Mapping
from pathlib import Path

from tieout.core.errors import SettingsError

SECRET_BYTES_MAX = 65_536


class Secret:
    """A key or password. It prints as `Secret(***)`; only `reveal` gives the value.

    A value that cannot be had (`env:NAME` where NAME is not set) is kept as its reason, so that
    commands which need no login work without it.
    """

    __slots__ = ("_problem", "_value")

    def __init__(self, value: str | None, *, problem: str = "") -> None:
        self._value = value
        self._problem = problem

    @property
    def problem(self) -> str:
        """Why there is no value, in words; empty where there is one."""
        return self._problem

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        if self._value is None:
            raise SettingsError(self._problem)
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self._value, self._problem) == (
            other._value,
            other._problem,
        )

    def __hash__(self) -> int:
        return hash((self._value, self._problem))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


def secret_from(text: str, *, where: str, environment: Mapping[str, str], folder: Path) -> Secret:
    """The secret that `text` means: itself, `env:NAME`, or `file:PATH` (from the file's folder).

    >>> secret_from("env:KEY", where="key", environment={"KEY": "abc"}, folder=Path()).reveal()
    'abc'
    """
    if text.startswith("env:"):
        return _from_environment(text[4:].strip(), where=where, environment=environment)
    if text.startswith("file:"):
        return _from_file(folder / Path(text[5:].strip()).expanduser(), where=where)
    return Secret(text)


def _from_environment(name: str, *, where: str, environment: Mapping[str, str]) -> Secret:
    if not name:
        raise ValueError("has no name after env:, write env:NAME")
    value = environment.get(name, "").strip()
    if value:
        return Secret(value)
    return Secret(None, problem=f"{where}: set the environment variable {name}, it has no value")


def _from_file(path: Path, *, where: str) -> Secret:
    try:
        with path.open("rb") as opened:
            content = opened.read(SECRET_BYTES_MAX + 1)
        value = content.decode("utf-8").strip()
    except OSError as error:
        return Secret(None, problem=f"{where}: cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        return Secret(None, problem=f"{where}: {path} is not text in UTF-8")
    if not value or len(content) > SECRET_BYTES_MAX:
        fault = "is empty" if not value else f"is longer than {SECRET_BYTES_MAX} bytes"
        return Secret(None, problem=f"{where}: {path} {fault}")
    return Secret(value)
