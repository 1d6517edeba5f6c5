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
    ErrorObject,
    HtmlBody,
    NullBody,
    ReorderRows,
    SetField,
    ShortPage,
)

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Html(str):
    """A body that is a web page where JSON was expected."""

    __slots__ = ()


def page(title: str) -> Html:
    """What a proxy or a maintenance window says."""
    return Html(
        f"<html>\r\n<head><title>{title}</title></head>\r\n"
        f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


def spoiled(effect: BodyEffect, body: Any, chance: random.Random) -> Any:
    """The body after the effect; one that needs a list leaves anything else alone."""
    match effect:
        case EmptyList():
            return []
        case NullBody():
            return None
        case HtmlBody():
            return page("Scheduled maintenance")
        case ErrorObject():
            return {"code": effect.code, "message": effect.message}
        case SetField():
            return _with_field(effect, body)
        case BareNumbers():
            return _mapped(body, _NUMBER, Decimal)
        case ClockSkew():
            return _mapped(body, _INSTANT, lambda text: _shifted(text, effect.seconds))
        case ShortPage() | DuplicateRows() | ReorderRows():
            return _rearranged(effect, body, chance) if isinstance(body, list) else body
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


def _with_field(effect: SetField, body: Any) -> Any:
    change = {effect.field: effect.value}
    if isinstance(body, dict):
        return body | change
    if not isinstance(body, list):
        return body
    return [row | change if effect.row in (None, index) else row for index, row in enumerate(body)]


def _mapped(body: Any, pattern: re.Pattern[str], change: Callable[[str], Any]) -> Any:
    if isinstance(body, dict):
        return {name: _mapped(value, pattern, change) for name, value in body.items()}
    if isinstance(body, list):
        return [_mapped(value, pattern, change) for value in body]
    return change(body) if isinstance(body, str) and pattern.fullmatch(body) else body


def _shifted(text: str, seconds: float) -> str:
    at = datetime.fromisoformat(text) + timedelta(seconds=seconds)
    return at.isoformat().replace("+00:00", "Z")
