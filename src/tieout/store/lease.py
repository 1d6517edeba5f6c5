"""One run per account, and one service per book, on one machine: files that the system locks.

The lock belongs to the open file, so two in one process exclude each other as two processes
do, and it is gone with whoever held it, however that died. The files stay; they are empty but
for the number of the process, for people.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tieout.core.book import AccountId
from tieout.core.errors import StoreError
from tieout.ports import AccountBusy, AlreadyServed

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


LOCKED_BYTE = 1024
OWNER_BYTES_MAX = 100
SERVING = "serve"  # no account is called this: their files have long names


class FileLeases:
    """Leases by files in a folder next to the database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def held(self, account: AccountId) -> Iterator[None]:
        """Hold the lease of an account; AccountBusy at once where somebody has it."""
        file = self._opened(sha256(account.encode()).hexdigest()[:32])
        try:
            try:
                _lock(file)
            except OSError:
                raise AccountBusy(_busy(account, _owner(file))) from None
            _note(file, str(os.getpid()))
            yield
        finally:
            os.close(file)

    @contextmanager
    def serving(self, since: datetime) -> Iterator[None]:
        """Be the only service of this book; AlreadyServed at once where there is one."""
        file = self._opened(SERVING)
        try:
            try:
                _lock(file)
            except OSError:
                book = str(self._folder).removesuffix(".leases")
                raise AlreadyServed(_served(book, _owner(file))) from None
            _note(file, f"{os.getpid()} since {since:%Y-%m-%d %H:%M:%S} UTC")
            yield
        finally:
            os.close(file)

    def _opened(self, name: str) -> int:
        path = self._folder / f"{name}.lease"
        try:
            self._folder.mkdir(exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as failure:
            raise StoreError(
                f"{path} cannot be opened, so no run can be kept apart from others"
                f" ({failure.strerror}); check the permissions of the folder"
            ) from failure


def _lock(file: int) -> None:
    if sys.platform == "win32":
        os.lseek(file, LOCKED_BYTE, os.SEEK_SET)  # what is locked cannot be read there
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _owner(file: int) -> str:
    os.lseek(file, 0, os.SEEK_SET)
    return os.read(file, OWNER_BYTES_MAX).decode(errors="replace")


def _note(file: int, owner: str) -> None:
    """Say who has the lock, for people."""
    os.ftruncate(file, 0)
    os.write(file, owner.encode())


def _busy(account: AccountId, owner: str) -> str:
    by = f" in process {owner}" if owner else ""
    return f"{account} is being synced{by}; wait for that run to end, then try again"


def _served(book: str, owner: str) -> str:
    by = f"process {owner}" if owner else "another process"
    return (
        f"{book} is kept by a `tieout serve` that runs already: {by}; end that one first, or"
        " give this one a book of its own (store.url). Commands such as `tieout sync` work beside"
        " a service"
    )


class MemoryLeases:
    """Leases within one process, for books that live in it."""

    def __init__(self) -> None:
        self._held: set[AccountId] = set()
        self._served_since: datetime | None = None
        self._changing = threading.Lock()

    @contextmanager
    def held(self, account: AccountId) -> Iterator[None]:
        """Hold the lease of an account; AccountBusy at once where somebody has it."""
        with self._changing:
            if account in self._held:
                raise AccountBusy(_busy(account, ""))
            self._held.add(account)
        try:
            yield
        finally:
            with self._changing:
                self._held.discard(account)

    @contextmanager
    def serving(self, since: datetime) -> Iterator[None]:
        """Be the only service of this book; AlreadyServed at once where there is one."""
        with self._changing:
            if self._served_since is not None:
                owner = f"this one since {self._served_since:%Y-%m-%d %H:%M:%S} UTC"
                raise AlreadyServed(_served("the book in memory", owner))
            self._served_since = since
        try:
            yield
        finally:
            self._served_since = None
