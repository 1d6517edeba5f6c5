"""What users and keys may do, as arguments and as words."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from tieout.ports import Capability

Can = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CAPABILITY", help="read, positions:write or admin:write; may be repeated."
    ),
]


def capabilities_of(given: Iterable[str] | None) -> "frozenset[Capability]":
    """The capabilities that were named. Raises SettingsError for a word that is none.

    Whoever may write may read.
    """
    from tieout.core.errors import SettingsError
    from tieout.ports import CAPABILITIES

    named = {word.strip() for each in given or () for word in each.split(",")}
    wrong = sorted(named - {*CAPABILITIES})
    if wrong:
        allowed = ", ".join(CAPABILITIES)
        raise SettingsError(f"--can: {', '.join(map(repr, wrong))} is none of {allowed}")
    return frozenset(cast("set[Capability]", named | {"read"})) if named else frozenset()


def words_of(capabilities: "Iterable[Capability]") -> str:
    """Capabilities for people, in their usual order."""
    from tieout.ports import CAPABILITIES

    found = {*capabilities}
    return ", ".join(each for each in CAPABILITIES if each in found)
