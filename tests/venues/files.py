"""A statement in a folder, the disk it lies on and what may happen there, and the venue module."""

import asyncio
import errno
import io
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.core.book import AccountId
from tieout.ports import Read
from tieout.testing.venue import Stage, Trouble
from tieout.venues.file.disk import Disk, Look
from tieout.venues.file.limits import Limits
from tieout.venues.file.options import Options
from tieout.venues.file.venue import FileVenue
from venues.alpaca import FakeClock

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LIMITS = Limits(read_s=5)
HEADER = "account,symbol,quantity,average_price,price\n"
HAPPENED = "account,id,symbol,at,quantity,price\n"


def written(path: Path, text: str | bytes, *, at: datetime = NOW) -> Path:
    """A file as it was written at a time."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def venue_of(path: Path, **fields) -> FileVenue:
    """The module at a file or folder; what is no option is an argument of the venue."""
    own = {name: fields.pop(name) for name in ("disk", "clock", "limits") if name in fields}
    clock = own.pop("clock", None) or FakeClock(NOW)
    return FileVenue(
        name="statements",
        options=Options(path=path, **fields),
        clock=clock,
        sleep=clock.sleep,
        limits=own.pop("limits", LIMITS),
        **own,
    )


def read(venue: FileVenue, *, account: str = "main") -> Read:
    return asyncio.run(venue.read(AccountId(account), cursor=None))


GARBLE = {
    "cut_body": lambda content: content[: len(content) // 2],
    "web_page": lambda _: b"<!doctype html><title>503</title>",
    "null": lambda _: b"null",
    "error_object": lambda _: b'{"message": "no such report"}',
}


class TroubledDisk(Disk):
    """A disk on which the statement may be away, change, hang or be cut, as often as is said."""

    def __init__(self) -> None:
        self.is_closed = False
        self.released = threading.Event()
        self.trouble(None)

    def trouble(self, kind: Trouble | None, times: int | None = None) -> None:
        self.kind, self.times, self.looks = kind, times, 0

    def look(self, path: Path) -> Look:
        found = super().look(path)
        if not self._is_now(path):
            return found
        self.looks += 1  # before the content is taken and after it
        size = len(self._garbled(path.read_bytes()))
        changes = self.looks if self.kind == "rate_limit" else 0
        return Look(bytes=size, written_ns=found.written_ns + changes, number=found.number)

    def content(self, path: Path, *, bytes_max: int) -> bytes:
        content = super().content(path, bytes_max=bytes_max)
        if self.is_closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        if not self._is_now(path):
            return content
        if self.kind == "hang_up":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        if self.kind == "server_error":
            raise OSError(errno.EIO, "Input/output error", str(path))
        if self.kind == "silence":
            self.released.wait()
        return self._garbled(content)

    def _garbled(self, content: bytes) -> bytes:
        return GARBLE[self.kind](content) if self.kind in GARBLE else content

    def _is_now(self, path: Path) -> bool:
        is_left = self.times is None or self.looks < 2 * self.times
        return self.kind is not None and path.name.startswith("positions") and is_left


class FileStage(Stage):
    """A folder into which a broker puts a statement and its activities after every trade."""

    account = AccountId("A1")
    secrets = ()
    long = "AAPL"
    short = "TSLA"

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.kind = kind
        self.owner = "A1"
        self.clock = FakeClock(NOW)
        self.disk = TroubledDisk()
        self.held: dict[str, Decimal] = {}
        self.happened: list[str] = []
        limits = Limits(read_s=0.1 if kind == "csv" else 5)
        self.venue = venue_of(folder, account="A1", clock=self.clock, disk=self.disk, limits=limits)
        self.deliver()

    def deliver(self) -> None:
        rows = [
            {"account": self.owner, "symbol": symbol, "quantity": str(quantity)}
            for symbol, quantity in self.held.items()
        ]
        extension = {"snapshot": "json"}.get(self.kind, self.kind)
        path = self.folder / f"positions.{extension}"
        written(path, FORMS[self.kind](rows, self.owner), at=self.clock.at)
        lines = "".join(self.happened)
        written(self.folder / "activities.csv", HAPPENED + lines, at=self.clock.at)

    def trade(self, symbol: str, quantity: str) -> None:
        held = self.held.get(symbol, Decimal(0)) + Decimal(quantity)
        self.held[symbol] = held
        if not held:
            del self.held[symbol]
        at = self.clock.at.isoformat()
        self.happened.append(f"A1,t{len(self.happened)},{symbol},{at},{quantity},100.5\n")
        self.clock.at += timedelta(seconds=10)
        self.deliver()

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        self.disk.trouble(kind, times)

    def heal(self) -> None:
        self.disk.trouble(None)

    def revoke(self) -> None:
        self.disk.is_closed = True

    def swap_account(self) -> None:
        self.owner = "B2"
        self.deliver()


def as_csv(rows, owner) -> str:
    return "account,symbol,quantity\n" + "".join(
        f"{row['account']},{row['symbol']},{row['quantity']}\n" for row in rows
    )


def as_json(rows, owner) -> str:
    return json.dumps(rows, indent=1)


def as_lines(rows, owner) -> str:
    return "\n".join(map(json.dumps, rows)) + "\n"


def as_snapshot(rows, owner) -> str:
    holdings = [{name: row[name] for name in ("symbol", "quantity")} for row in rows]
    return json.dumps({"account": owner, "holdings": holdings})


def as_parquet(rows, owner) -> bytes:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    names = ("account", "symbol", "quantity")
    columns = {name: arrow.array([row[name] for row in rows], arrow.string()) for name in names}
    sink = io.BytesIO()
    parquet.write_table(arrow.table(columns), sink)
    return sink.getvalue()


FORMS = {
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_lines,
    "snapshot": as_snapshot,
    "parquet": as_parquet,
}


def file_stage(folder: Path, kind: str) -> Iterator[FileStage]:
    stage = FileStage(folder, kind)
    yield stage
    stage.disk.released.set()
