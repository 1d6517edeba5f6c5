"""Replies as JSON: every number as the text that was sent, and what it is where it is not JSON."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

import msgspec

from tieout.core.errors import NumberError
from tieout.core.numbers import exact

Object = Mapping[str, object]

# What reading a body can end with where it is no JSON that can be used.
NOT_JSON = (msgspec.MsgspecError, ValueError, RecursionError)

# Text for whatever is no whole number, so that no digit of a JSON number is lost.
_TEXTUAL = msgspec.json.Decoder(float_hook=str)

# Where people put what they say about an error.
SAID = ("code", "msg", "error", "message", "error_details")


class BodyInvalid(Exception):
    """A body is not what was asked for; the message says what it is instead, secrets and all."""


def decoded(body: bytes) -> object:
    """A body as JSON. Raises BodyInvalid for one that is none."""
    if not body.strip():
        raise BodyInvalid("nothing at all")
    try:
        return _TEXTUAL.decode(body)
    except NOT_JSON as error:
        if _is_web_page(body):
            raise BodyInvalid("a web page instead of JSON") from None
        raise BodyInvalid(f"no valid JSON ({error})") from None


def object_in(body: bytes, what: str) -> dict[str, object]:
    """The object that a body is. Raises BodyInvalid, with `what` it should have been.

    What says that it is an error is one, whatever else it carries.
    """
    found = decoded(body)
    if not isinstance(found, dict) or found.get("error") or found.get("errors"):
        refuse(found, what)
    return found


def list_in(body: bytes, what: str = "a list") -> list[object]:
    """The list that a body is. Raises BodyInvalid, with `what` it should have been."""
    found = decoded(body)
    if not isinstance(found, list):
        refuse(found, what)
    return found


def list_of(found: Object, key: str, what: str) -> list[object]:
    """The list under a key. Raises BodyInvalid: a missing list is never an empty one."""
    listed = found.get(key)
    if not isinstance(listed, list):
        refuse(found, what)
    return listed


def refuse(found: object, what: str) -> NoReturn:
    """Raise BodyInvalid for something that is not what it should have been."""
    raise BodyInvalid(f"{_described(found)} instead of {what}")


def texts(row: Mapping[str, object]) -> dict[str, str]:
    """The plain fields of an object as texts: numbers by the characters that were sent."""
    return {
        str(key): str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in row.items()
        if isinstance(value, str | int)
    }


def kind_of(found: object) -> str:
    """What kind of JSON something is, in words."""
    if found is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(found), "a number")


def message_in(body: bytes) -> str:
    """What is said about an error: plain text, or the message of an object; secrets and all."""
    try:
        found = _TEXTUAL.decode(body)
    except NOT_JSON:
        return "" if _is_web_page(body) else body.decode("utf-8", "replace").strip()
    if not isinstance(found, dict):
        return found if isinstance(found, str) else ""
    inner = found.get("error")
    fields = texts(inner) if isinstance(inner, dict) else texts(found)
    return " ".join(fields[key] for key in SAID if fields.get(key))


def number(text: str | None) -> Decimal | None:
    """The number a field stands for; None where it is not reported (null, "", NaN) or none."""
    if not text:
        return None
    try:
        return exact(text)
    except NumberError:
        return None


def _is_web_page(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _described(found: object) -> str:
    """An unexpected value in words, with the message where it is an error object."""
    if not isinstance(found, dict):
        return kind_of(found)
    inner = found.get("error")
    fields = {**texts(found), **(texts(inner) if isinstance(inner, dict) else {})}
    said = fields.get("message") or fields.get("error") or fields.get("msg")
    if said:
        return f"an error object ({said})"
    if inner or found.get("errors"):
        return "an error object"
    keys = ", ".join(sorted(map(str, found))[:5])
    return f"an object with the keys {keys}" if keys else "an empty object"
