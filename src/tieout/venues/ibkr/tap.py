"""ib_async's own decoder with an ear: it passes on what comes before it becomes floats.

A row that ib_async cannot decode is dropped by it, and only its log says so; here that log is
the ear's too.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from tieout.venues.ibkr.sdk import Decoder

Hear = Callable[[Sequence[str]], None]
Drop = Callable[[Sequence[str]], None]


class Tap(Decoder):
    """Decodes like ib_async. `hear` gets every message first, `dropped` those it cannot decode."""

    def __init__(self, wrapper: Any, *, hear: Hear, dropped: Drop) -> None:
        super().__init__(wrapper, 0)
        self._hear = hear
        self._dropped = dropped
        self._current: Sequence[str] = ()
        self.logger = logging.Logger("ib_async.Decoder of one connection")
        self.logger.addHandler(_Ear(self._was_dropped))

    def interpret(self, fields: list[str]) -> None:
        """One message: heard as it came, then decoded."""
        self._current = tuple(fields)
        self._hear(self._current)
        decode: Callable[[list[str]], None] = super().interpret
        decode(fields)

    def _was_dropped(self) -> None:
        self._dropped(self._current)


class _Ear(logging.Handler):
    """Takes note that something was logged."""

    def __init__(self, note: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._note = note

    def emit(self, _: logging.LogRecord) -> None:
        self._note()
