"""One run per account, and one service per book, on one machine: files that the system locks.

The lock belongs to the open file, so two in one process exclude each other as two processes
do, and it is gone with whoever held it, however that died. The files stay; they are empty but
for the number of the process, for people.
"""

import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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


# What the system says where somebody else has the lock; the last is Windows'.
TAKEN = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
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
        name = sha256(account.encode()).hexdigest()[:32]
        with self._locked(name, str(os.getpid()), lambda by: AccountBusy(_busy(account, by))):
            yield

    @contextmanager
    def serving(self, since: datetime) -> Iterator[None]:
        """Be the only service of this book; AlreadyServed at once where there is one."""
        note = f"{os.getpid()} since {since:%Y-%m-%d %H:%M:%S} UTC"
        with self._locked(SERVING, note, lambda by: AlreadyServed(_served(self._book, by))):
            yield

    @contextmanager
    def upgrading(self) -> Iterator[None]:
        """Have no service at this book meanwhile; AlreadyServed at once where there is one."""
        note = f"{os.getpid()}, which brings the book up to date"
        with self._locked(SERVING, note, lambda by: AlreadyServed(_older(self._book, by))):
            yield

    @property
    def _book(self) -> str:
        return str(self._folder).removesuffix(".leases")

    @contextmanager
    def _locked(self, name: str, note: str, refusal: Callable[[str], StoreError]) -> Iterator[None]:
        """Have the lock of this name, with a note for others; else the refusal with theirs."""
        file = self._opened(name)
        try:
            try:
                _lock(file)
            except OSError as failure:
                if failure.errno not in TAKEN:
                    raise self._unusable(name, "locked", failure) from failure
                raise refusal(_owner(file)) from None
            with suppress(OSError):  # a full disk: the lock holds, and the book says what is wrong
                _note(file, note)
            yield
        finally:
            os.close(file)

    def _opened(self, name: str) -> int:
        path = self._folder / f"{name}.lease"
        try:
            self._folder.mkdir(exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as failure:
            raise self._unusable(name, "opened", failure) from failure

    def _unusable(self, name: str, done: str, failure: OSError) -> StoreError:
        return StoreError(
            f"{self._folder / name}.lease cannot be {done}, so no run can be kept apart from others"
            f" ({failure.strerror}); check the permissions of the folder, and that its disk has"
            " room and knows locks"
        )


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
    return (
        f"{book} is kept by a service that runs already (`tieout serve`, or a program with Tieout's"
        f" scheduler): {_process(owner)}; end that one first, or give this one a book of its own"
        " (store.url). Commands such as `tieout sync` work beside a service"
    )


def _older(book: str, owner: str) -> str:
    return (
        f"{book} is one of an older Tieout and has to be brought up to date first, while a service"
        f" keeps it: {_process(owner)}; end that one, then try again"
    )


def _process(owner: str) -> str:
    return f"process {owner}" if owner else "another process"


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
                owner = f"{os.getpid()} since {self._served_since:%Y-%m-%d %H:%M:%S} UTC"
                raise AlreadyServed(_served("the book in memory", owner))
            self._served_since = since
        try:
            yield
        finally:
            self._served_since = None
