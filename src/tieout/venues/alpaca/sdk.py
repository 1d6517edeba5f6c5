"""The parts of `alpaca-py` that are used, imported without waiting for pandas.

The SDK imports pandas at once, for one kind of request that is not used here. That took 1.3 of
the 1.7 seconds a command needed to start, so pandas is imported when the SDK first uses it.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands in for a module and hands on to it; it is imported at the first question."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def imported_when_used(name: str) -> Iterator[None]:
    """Within this, a module that is not imported yet is only imported once it is used."""
    if name in sys.modules:
        yield
        return
    stand_in = sys.modules[name] = _Later(name)
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]


with imported_when_used("pandas"):
    from alpaca.common.exceptions import APIError
    from alpaca.trading.client import TradingClient
    from alpaca.trading.stream import TradingStream

__all__ = ["APIError", "TradingClient", "TradingStream"]
