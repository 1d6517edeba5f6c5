"""Who is being asked right now: a sync begins when its venue is asked which accounts there are."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from tieout.settings.values import connection_of


class Asked:
    """The connections, or accounts of them, that are being reached. One event loop uses it."""

    def __init__(self) -> None:
        self._names: list[str] = []

    @contextmanager
    def asking(self, names: Collection[str]) -> Iterator[None]:
        """These are in progress until the context is left."""
        self._names += names
        try:
            yield
        finally:
            for each in names:
                self._names.remove(each)

    def has(self, name: str) -> bool:
        """Whether this very connection or account is in progress."""
        return name in self._names

    def among(self, names: Collection[str]) -> str | None:
        """One that is in progress and is among these, or is part of one, or has one as a part."""
        return next((each for each in list(self._names) if _is_about(each, names)), None)

    def any(self) -> bool:
        """Whether anything is in progress."""
        return bool(self._names)


def _is_about(name: str, names: Collection[str]) -> bool:
    """Whether a connection or account is among these.

    >>> _is_about("paper", ["paper/1"]), _is_about("paper/2", ["paper"])
    (True, True)
    >>> _is_about("paper/2", ["paper/1", "live"])
    False
    """
    return any(
        name == each or connection_of(name) == each or name == connection_of(each) for each in names
    )
