"""Taking a file whole: what was read is what one writer had finished, or it is not used."""

import hashlib
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CHECKSUM = ".sha256"
NANOSECONDS = 10**9


class Unsettled(Exception):
    """A file is being written, or does not hold what its checksum promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the folder says about a file."""

    bytes: int
    written_ns: int
    number: int

    @property
    def written_at(self) -> datetime:
        seconds, rest = divmod(self.written_ns, NANOSECONDS)
        return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest // 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One file as it was taken. `has_checksum` says that a checksum beside it agrees."""

    path: Path
    content: bytes
    written_at: datetime
    has_checksum: bool = False

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Disk:
    """The files of this machine, read and never written."""

    def look(self, path: Path) -> Look:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise IsADirectoryError(f"{path.name} is no plain file")
        return Look(bytes=found.st_size, written_ns=found.st_mtime_ns, number=found.st_ino)

    def is_folder(self, path: Path) -> bool:
        return path.is_dir()

    def names(self, folder: Path) -> list[str]:
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_file())

    def content(self, path: Path, *, bytes_max: int) -> bytes:
        with path.open("rb") as opened:
            return opened.read(bytes_max + 1)


def take(path: Path, *, disk: Disk, bytes_max: int) -> Paper:
    """The file, if nobody wrote to it meanwhile. Raises OSError or Unsettled."""
    before = disk.look(path)
    if before.bytes > bytes_max:
        raise Unsettled(f"{path.name} is longer than {bytes_max:,} bytes; split it by account")
    content = disk.content(path, bytes_max=bytes_max)
    after = disk.look(path)
    if before != after or len(content) != after.bytes:
        raise Unsettled(f"{path.name} changed while it was read")
    return Paper(
        path=path,
        content=content,
        written_at=after.written_at,
        has_checksum=_has_checksum(path, content, disk=disk),
    )


def _has_checksum(path: Path, content: bytes, *, disk: Disk) -> bool:
    """Whether NAME.sha256 lies beside the file. One that does not agree is no mere lack."""
    beside = path.with_name(path.name + CHECKSUM)
    try:
        words = disk.content(beside, bytes_max=4096).split()
    except FileNotFoundError:
        return False
    found = hashlib.sha256(content).hexdigest().encode()
    if not words or words[0].lower() != found:
        raise Unsettled(f"{path.name} is not what {beside.name} says it is")
    return True
