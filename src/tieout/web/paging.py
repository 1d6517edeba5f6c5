"""Lists in pages: a cursor names the last thing that was shown."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from litestar.params import Parameter

from tieout.web.problems import bad_request

LIMIT_MAX = 1000
Item = TypeVar("Item")

Limit = Annotated[int, Parameter(ge=1, le=LIMIT_MAX, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Parameter(
        max_length=500, description="`next_cursor` of the page before; leave out for the first."
    ),
]


def page_after(
    items: Sequence[Item], cursor: str | None, limit: int, *, key: Callable[[Item], str]
) -> tuple[Sequence[Item], str | None]:
    """The items after the one the cursor names, and the cursor of the next page.

    Items are in the order of their keys, so the place is found even when that one has gone.
    """
    rest = items if cursor is None else [each for each in items if key(each) > cursor]
    page = rest[:limit]
    return page, key(page[-1]) if len(rest) > limit else None


def number_in(cursor: str | None) -> int:
    """A cursor that is a number; 0 for none. Raises Problem 400 for another text."""
    if cursor is None:
        return 0
    if not cursor.isdecimal() or not cursor.isascii() or len(cursor) > 18:
        raise bad_request("The cursor is not one of ours", "send next_cursor as it was given")
    return int(cursor)
