"""From the address in the settings to a store."""

from pathlib import Path

from tieout.core.errors import StoreError
from tieout.store.memory import MemoryStore
from tieout.store.sqlite import SqliteStore

ALLOWED = "sqlite:///FILE, sqlite:////ABSOLUTE/FILE, sqlite://:memory: or memory://"
IN_MEMORY = ("sqlite://", "sqlite:///", "sqlite://:memory:", "sqlite:///:memory:")


def open_store(
    url: str, *, is_there: bool = False, is_reading: bool = False
) -> SqliteStore | MemoryStore:
    """The store at an address; a file that is not there yet is made, unless it must be there.

    Raises StoreError for an address that is not understood, and for a file that is damaged,
    another program's or a newer Tieout's.
    """
    if url == "memory://":
        return MemoryStore()
    if url in IN_MEMORY:
        return SqliteStore(None)
    return SqliteStore(file_of(url), is_there=is_there, is_reading=is_reading)


def is_in_memory(url: str) -> bool:
    """Whether the books at an address are gone with the process."""
    return url == "memory://" or url in IN_MEMORY


def file_of(url: str) -> Path:
    """The file that a SQLite address names.

    >>> file_of("sqlite:///books/tieout.db").as_posix()
    'books/tieout.db'
    """
    kind, separator, rest = url.partition("://")
    if kind.partition("+")[0] in ("postgresql", "postgres"):
        raise StoreError(
            "books in PostgreSQL come with a later release of Tieout; until then give"
            " store.url a file, such as sqlite:///tieout.db"
        )
    if kind != "sqlite" or not separator or not rest.startswith("/") or url in IN_MEMORY:
        shown = f"{kind}://..." if separator else repr(url)  # it may carry a password
        raise StoreError(f"store.url {shown} is not understood; use {ALLOWED}")
    return Path(rest[1:])
