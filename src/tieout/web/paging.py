"""Lists in pages: a cursor names the last thing that was shown."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from litestar.params import Parameter

LIMIT_MAX = 1000
Item = TypeVar("Item")

Limit = Annotated[int, Parameter(ge=1, le=LIMIT_MAX, description="How many at most.")]


def cursor_like(pattern: str) -> Any:
    """The parameter of a cursor; what does not look like one is refused with 400."""
    words = "`next_cursor` of the page before; leave out for the first."
    return Parameter(pattern=pattern, max_length=1000, description=words)


Cursor = Annotated[str | None, cursor_like("^([0-9a-f]{2})+$")]
NumberCursor = Annotated[str | None, cursor_like("^[0-9]{1,18}$")]


def page_after(
    items: Sequence[Item], cursor: str | None, limit: int, *, key: Callable[[Item], str]
) -> tuple[Sequence[Item], str | None]:
    """The items after the one the cursor names, and the cursor of the next page.

    Items are in the order of their keys, so the place is found even when that one has gone.
    """
    rest: Sequence[Item] = items
    if cursor is not None:
        last = bytes.fromhex(cursor)
        rest = [each for each in items if key(each).encode() > last]
    page = rest[:limit]
    return page, key(page[-1]).encode().hex() if len(rest) > limit else None
