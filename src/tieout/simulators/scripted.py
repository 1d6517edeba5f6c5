"""What every simulator asks of the market it shows, whatever is traded there."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol


class Scripted(Protocol):
    """A market that is told what happens in it."""

    clock: Callable[[], datetime]
    actions: frozenset[str]  # the methods that may be called by name over HTTP

    def changing(self) -> AbstractContextManager[None]:
        """Nobody else sees or changes anything meanwhile, and decimals stay exact."""
        ...

    def shown(self) -> Any:
        """What each account holds, for a person to look at."""
        ...
