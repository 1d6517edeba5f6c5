"""The one place where the parts are put together."""

from tieout.wiring.bookfile import file_of
from tieout.wiring.desk import (
    Answer,
    Desk,
    check_connection,
    check_connections,
    connections_named,
    open_desk,
)

__all__ = [
    "Answer",
    "Desk",
    "check_connection",
    "check_connections",
    "connections_named",
    "file_of",
    "open_desk",
]
