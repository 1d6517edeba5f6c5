"""Raw replies of venues, compressed, as the evidence of a run.

Whoever hands them in has removed every secret. They are kept for a settable time and then
forgotten; what was concluded from them stays in the journal.
"""

import hashlib
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from tieout.core.codec import canonical
from tieout.core.errors import StoreError
from tieout.ports import RawReply
from tieout.store.codec import time_of, time_text

LINK_BYTES = 8
LEVEL = 1  # three times as fast as the default; replies are repetitive and shrink anyway


class EvidenceRow(NamedTuple):
    """One reply; `size` is that of its body before it was compressed."""

    account: str
    run: str
    number: int
    call: str
    status: int | None
    received_at: str
    size: int
    body: bytes


def evidence_rows(account: str, run: str, replies: Iterable[RawReply]) -> list[EvidenceRow]:
    return [
        EvidenceRow(
            account=account,
            run=run,
            number=number,
            call=reply.call,
            status=reply.status,
            received_at=time_text(reply.received_at),
            size=len(reply.body),
            body=zlib.compress(reply.body, LEVEL),
        )
        for number, reply in enumerate(replies, start=1)
    ]


def evidence_links(rows: Iterable[EvidenceRow]) -> bytes:
    """The beginning of each reply's hash, by its number; replies may be forgotten one by one."""
    return b"".join(link_of(row) for row in rows)


def link_of(row: EvidenceRow) -> bytes:
    """The beginning of the hash of a reply and of all that is noted with it."""
    noted = canonical([row.call, row.status, row.received_at, row.size]).encode()
    return hashlib.sha256(noted + b"\x1f" + row.body).digest()[:LINK_BYTES]


def reply_of(row: EvidenceRow) -> RawReply:
    return RawReply(
        call=row.call,
        status=row.status,
        received_at=time_of(row.received_at),
        body=_unpacked(row),
    )


def _unpacked(row: EvidenceRow) -> bytes:
    try:
        return zlib.decompress(row.body)
    except (zlib.error, TypeError) as failure:
        raise StoreError(
            f"reply {row.number} of run {row.run} is damaged ({failure}); the book itself does"
            " not need it, but this run cannot be run again"
        ) from failure
