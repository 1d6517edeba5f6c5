"""Bodies that would have been right, made wrong."""

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, assert_never

from tieout.simulators.faults import (
    BareNumbers,
    BodyEffect,
    ClockSkew,
    DuplicateRows,
    EmptyList,
    EmptyRows,
    ErrorObject,
    HtmlBody,
    LastPage,
    NullBody,
    ReorderRows,
    RepeatCursor,
    SetField,
    ShortPage,
)

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MILLISECONDS = ("time", "timestamp", "statusTimestamp")


class Html(str):
    """A body that is a web page where JSON was expected."""

    __slots__ = ()


class Plain(str):
    """A body that is words where JSON was expected."""

    __slots__ = ()


def page(title: str) -> Html:
    """What a proxy or a maintenance window says."""
    return Html(
        f"<html>\r\n<head><title>{title}</title></head>\r\n"
        f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


def spoiled(effect: BodyEffect, body: Any, chance: random.Random, *, cursor: str = "") -> Any:
    """The body after the effect. One that needs rows takes those of a list, or of the lists in
    an object, and leaves anything else alone. `cursor` is what the page was asked for by."""
    match effect:
        case EmptyList() | NullBody() | HtmlBody() | ErrorObject():
            return _instead(effect)
        case EmptyRows():
            return _with_rows(body, lambda _: [])
        case SetField():
            return _with_field(body, effect.field.split("."), effect)
        case RepeatCursor() | LastPage():
            return _continued(body, cursor if isinstance(effect, RepeatCursor) else "")
        case BareNumbers():
            return _mapped(body, _NUMBER, Decimal)
        case ClockSkew():
            return _later(body, effect.seconds)
        case ShortPage() | DuplicateRows() | ReorderRows():
            return _with_rows(body, lambda rows: _rearranged(effect, rows, chance))
        case _:
            assert_never(effect)


def _instead(effect: EmptyList | NullBody | HtmlBody | ErrorObject) -> Any:
    match effect:
        case EmptyList():
            return []
        case NullBody():
            return None
        case HtmlBody():
            return page("Scheduled maintenance")
        case ErrorObject():
            return {"code": effect.code, "message": effect.message}
        case _:
            assert_never(effect)


def _rearranged(
    effect: ShortPage | DuplicateRows | ReorderRows, rows: list[Any], chance: random.Random
) -> list[Any]:
    match effect:
        case ShortPage():
            return rows[: len(rows) - effect.rows] if effect.rows < len(rows) else []
        case DuplicateRows():
            return rows[: effect.rows] + rows
        case ReorderRows():
            return chance.sample(rows, k=len(rows))
        case _:
            assert_never(effect)


def _with_rows(body: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    if isinstance(body, dict):
        return {
            name: _with_rows(value, change) if isinstance(value, dict | list) else value
            for name, value in body.items()
        }
    return change(body) if isinstance(body, list) else body


def _continued(body: Any, cursor: str) -> Any:
    """The page with this cursor for the next one; with an empty one it is the last."""
    if not isinstance(body, dict) or "cursor" not in body:
        return body
    more = {"has_next": cursor != ""} if "has_next" in body else {}
    return body | {"cursor": cursor} | more


def _with_field(body: Any, path: list[str], effect: SetField) -> Any:
    """Follows the path into objects; a list on the way is the rows of which one is meant."""
    if isinstance(body, list):
        return [
            _with_field(row, path, effect) if effect.row in (None, index) else row
            for index, row in enumerate(body)
        ]
    if not isinstance(body, dict):
        return body
    name, *deeper = path
    if not deeper:
        return body | {name: effect.value}
    return body | {name: _with_field(body[name], deeper, effect)} if name in body else body


def _mapped(body: Any, pattern: re.Pattern[str], change: Callable[[str], Any]) -> Any:
    if isinstance(body, dict):
        return {name: _mapped(value, pattern, change) for name, value in body.items()}
    if isinstance(body, list):
        return [_mapped(value, pattern, change) for value in body]
    return change(body) if isinstance(body, str) and pattern.fullmatch(body) else body


def _later(body: Any, seconds: float) -> Any:
    """Every time in the body moved: instants in text, and milliseconds under the names of times."""
    if isinstance(body, dict):
        return {
            name: value + round(seconds * 1000)
            if name in _MILLISECONDS and isinstance(value, int)
            else _later(value, seconds)
            for name, value in body.items()
        }
    if isinstance(body, list):
        return [_later(value, seconds) for value in body]
    return _mapped(body, _INSTANT, lambda text: _shifted(text, seconds))


def _shifted(text: str, seconds: float) -> str:
    at = datetime.fromisoformat(text) + timedelta(seconds=seconds)
    return at.isoformat().replace("+00:00", "Z")
