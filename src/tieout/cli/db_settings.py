"""`tieout db settings`: what was changed at run time, and kept in the book."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.frame import AsJson, settings_of
from tieout.cli.output import console, write_json

if TYPE_CHECKING:
    from tieout.wiring.in_effect import InEffect


def changed_settings(
    context: typer.Context,
    clear: Annotated[
        list[str] | None,
        typer.Option("--clear", metavar="KEY", help="Take this change back; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was changed while the service ran, and take changes back.

    Such a change is kept in the book and holds for every command. One that does not fit the
    settings any more is left out. A service that is running takes it up at its next start.

    Examples:

    tieout db settings

    tieout db settings --clear service.schedule
    """
    from tieout.core.errors import SettingsError
    from tieout.wiring import open_desk
    from tieout.wiring.in_effect import in_effect

    settings = settings_of(context)
    store = open_desk(settings, has_book=True).store
    try:
        kept = store.runtime_settings()
        unknown = [each for each in clear or () if each not in kept]
        if unknown:
            known = ", ".join(kept) or "none"
            raise SettingsError(f"{', '.join(unknown)} was not changed; changed are: {known}")
        if clear:
            store.put_runtime_settings(dict.fromkeys(clear))
        found, texts = in_effect(settings, store), store.runtime_settings()
    finally:
        store.close()
    if as_json:
        write_json({"settings": [_json(key, text, found) for key, text in texts.items()]})
    else:
        _show(texts, found)


def _show(texts: "Any", found: "InEffect") -> None:
    from tieout.cli import tables
    from tieout.cli.words import clean

    made = tables.table("Setting", "Value", "In effect")
    for key, text in texts.items():
        is_fit = key not in found.unfit
        said = tables.text("yes", tables.GOOD) if is_fit else tables.text("NO", tables.BAD)
        made.add_row(clean(key), clean(text), said)
    console().print(made if texts else "Nothing was changed at run time.")
    for problem in found.unfit.values():
        console().print(clean(problem), soft_wrap=True)


def _json(key: str, text: str, found: "InEffect") -> "dict[str, Any]":
    problem = found.unfit.get(key)
    return {"key": key, "value": found.changed.get(key, text), "problem": problem}
