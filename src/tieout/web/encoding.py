"""JSON in and out without a float on the way."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar, cast

import msgspec
from litestar import Response

from tieout.core.numbers import plain
from tieout.runs.statistics import timestamp

Decimals = Literal["number", "string"]
Shape = TypeVar("Shape")
JSON = "application/json"
AS_THEY_ARE = frozenset((str, int, bool))
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def encoded(material: Any, *, decimals: Decimals = "number") -> bytes:
    """JSON whose decimals are number literals with all their digits, or strings.

    >>> encoded({"quantity": Decimal("12345678901234567.123456789")})
    b'{"quantity":12345678901234567.123456789}'
    """
    return msgspec.json.encode(_plain(material, is_text=decimals == "string"))


def decoded(body: bytes) -> Any:
    """What a JSON body says; numbers with a point are decimals. Raises msgspec.DecodeError."""
    return _DECODER.decode(body)


def reply(
    material: Any, shape: type[Shape], *, decimals: Decimals = "number", status: int = 200
) -> "Response[Shape]":
    """A reply that is described by `shape` and written by us."""
    del shape  # for the types and the document only
    body = encoded(material, decimals=decimals)
    return cast("Response[Shape]", Response(body, media_type=JSON, status_code=status))


def _plain(value: Any, *, is_text: bool) -> Any:
    if value is None or type(value) in AS_THEY_ARE:
        return value
    if isinstance(value, Decimal):
        text = plain(value)
        return text if is_text else msgspec.Raw(text.encode())
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item, is_text=is_text) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, is_text=is_text) for item in value]
    return value
