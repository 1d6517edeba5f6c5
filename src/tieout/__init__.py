"""Tieout keeps a trader's own position book true to what their brokers say they hold.

    async with tieout.open() as book:
        await book.sync()

`tieout.library` has what there is for programs. Start reading the code at `tieout.core.tieout`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tieout.library import (
        AlreadyServed,
        OpenBook,
        PositionSyncService,
        Scheduler,
        connect,
        get_position_sync_service,
        get_scheduler,
        open,  # noqa: A004 - `tieout.open`
        plan,
        sync,
    )

__version__: str
__all__ = [
    "AlreadyServed",
    "OpenBook",
    "PositionSyncService",
    "Scheduler",
    "__version__",
    "connect",
    "get_position_sync_service",
    "get_scheduler",
    "open",
    "plan",
    "sync",
]


def __getattr__(name: str) -> Any:
    """Names are looked up when asked for: the look-up would slow down every command."""
    if name == "__version__":
        from importlib.metadata import version

        return version("tieout")
    if name in __all__:
        from tieout import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
