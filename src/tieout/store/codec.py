"""Values as they rest in a column, and back: times, marks, and the ledgers inside journal entries.

A ledger or a break is never encoded here: the text that the journal has of it is the text that is
kept, so the two cannot differ. Reading uses msgspec, which is three times as fast as the core's
codec.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from tieout.core.instrument import LedgerId
from tieout.core.position import Ledger
from tieout.core.snapshot import Holding

TIMES_KEPT = 4096  # the same few times are written for every row of a run


class _LedgerEntry(msgspec.Struct):
    after: msgspec.Raw


class _LedgersEntry(msgspec.Struct):
    before: msgspec.Raw
    after: msgspec.Raw


class _RunEntry(msgspec.Struct):
    state: msgspec.Raw


class _ListingEntry(msgspec.Struct):
    breaks: list[msgspec.Raw]


_ledger_entry = msgspec.json.Decoder(_LedgerEntry)
_ledgers_entry = msgspec.json.Decoder(_LedgersEntry)
_run_entry = msgspec.json.Decoder(_RunEntry)
_listing_entry = msgspec.json.Decoder(_ListingEntry)
_ledger = msgspec.json.Decoder(Ledger)
_marks = msgspec.json.Decoder(dict[str, tuple[Any, ...]])
_encoder = msgspec.json.Encoder()


@lru_cache(maxsize=TIMES_KEPT)
def time_text(at: datetime) -> str:
    """A time as a column keeps it: in UTC, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat()


def time_of(text: str) -> datetime:
    """The time a column keeps; ValueError unless it is written the one way we write it.

    The journal's hashes cover times, not their spelling, so another spelling must not pass.
    """
    at = datetime.fromisoformat(text)
    if at.isoformat() != text:
        raise ValueError(f"{text!r} is not how this time is written")
    return at


def number_text(number: Decimal) -> str:
    """A number as a column keeps it: plain, and the same text for the same number.

    >>> number_text(Decimal("100.00")), number_text(Decimal("0E-50"))
    ('100', '0')
    """
    if not number:
        return "0"
    text = str(number)
    if "E" in text:
        text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def ledger_in(payload: str) -> str | None:
    """The text of the ledger as a journal entry left it; None where it changed none."""
    text = str(_ledger_entry.decode(payload).after, "utf-8")
    return None if text == "null" else text


def ledgers_in(payload: str) -> tuple[str | None, str | None]:
    """The texts of the ledger as an entry found it and as it left it; None for none."""
    said = _ledgers_entry.decode(payload)
    before, after = str(said.before, "utf-8"), str(said.after, "utf-8")
    return None if before == "null" else before, None if after == "null" else after


def state_in(payload: str) -> str:
    """The text of the account's state in the entry that ends a run."""
    return str(_run_entry.decode(payload).state, "utf-8")


def breaks_in(payload: str) -> list[str]:
    """The texts of the breaks that the entry lists which ends a run, in its order."""
    return [str(each, "utf-8") for each in _listing_entry.decode(payload).breaks]


def read_ledger(text: str) -> Ledger:
    """The ledger whose text this is; ValueError where it is none."""
    return _ledger.decode(text)


def marks_text(marks: Mapping[LedgerId, Holding]) -> bytes:
    """All rows of a snapshot as one value, a list of texts by ledger."""
    return _encoder.encode(marks)


def read_marks(text: str) -> dict[LedgerId, Holding]:
    """The rows that `marks_text` wrote; ValueError where they are none."""
    return {LedgerId(key): Holding(*row) for key, row in _marks.decode(text).items()}


def digest_of(material: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(material).hexdigest()
