"""Where books live: in one SQLite file, or in memory.

`open_store` gives a store (the port `BookStore`); `verify` says whether a book is still what its
journal says, `anchor` gives the end of a journal to be kept elsewhere.
"""

from tieout.store.checks import Problem
from tieout.store.memory import MemoryStore
from tieout.store.opening import open_store
from tieout.store.sqlite import SqliteStore
from tieout.store.verify import Anchor, VerifyReport, anchor, verify

__all__ = [
    "Anchor",
    "MemoryStore",
    "Problem",
    "SqliteStore",
    "VerifyReport",
    "anchor",
    "open_store",
    "verify",
]
