"""`tieout keys`: the API keys of programs."""

from typing import Annotated

import typer

from tieout.cli.access import Can, capabilities_of, words_of
from tieout.cli.frame import AsJson, desk, reading_desk, settings_of
from tieout.cli.output import console, tell, write_json

app = typer.Typer()


@app.callback(invoke_without_command=True)
def keys(context: typer.Context) -> None:
    """The API keys with which programs sign in to `tieout serve`.

    Examples:

    tieout keys add bot --can read

    tieout keys list
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(name="list")
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """Every key that was made, revoked ones too. No key itself is kept.

    Examples:

    tieout keys list --json
    """
    from tieout.cli import tables
    from tieout.cli.words import clean
    from tieout.wiring.credentials import key_material

    with reading_desk(context) as opened:
        found = opened.store.api_keys()
        if as_json:
            write_json({"keys": [key_material(each) for each in found]})
            return
        made = tables.table("Id", "Name", "May", "Made", "Last used", "State")
        for each in found:
            state = "valid" if each.revoked_at is None else f"revoked {each.revoked_at:%Y-%m-%d}"
            used = "never" if each.last_used_at is None else f"{each.last_used_at:%Y-%m-%d %H:%M}"
            made.add_row(
                each.id,
                tables.text(clean(each.name), "bold"),
                words_of(each.capabilities),
                f"{each.created_at:%Y-%m-%d}",
                used,
                tables.text(state, tables.GOOD if each.revoked_at is None else tables.BAD),
            )
        console().print(made if found else "No keys yet; `tieout keys add NAME` makes one.")


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    can: Can = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it this once; send it as the header X-API-Key.

    Without --can it may only read.

    Examples:

    tieout keys add bot

    tieout keys add deploy --can admin:write --json
    """
    from tieout.wiring.credentials import key_material, named, new_api_key

    wanted = capabilities_of(can) or frozenset({"read"})
    named(name)  # what is wrong with it is said before a book is made
    with desk(settings_of(context)) as opened:
        key, secret = new_api_key(name, wanted, at=opened.clock.now())
        opened.store.add_key(key)
    if as_json:
        write_json({**key_material(key), "key": secret})
        return
    tell(f"tieout: key {key.id} of {name} may {words_of(wanted)}; it is shown this once:")
    typer.echo(secret)


@app.command()
def revoke(
    context: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id, from `tieout keys list`.")
    ],
    as_json: AsJson = False,
) -> None:
    """End a key for ever.

    Examples:

    tieout keys revoke 5f2c81d09a3e
    """
    from tieout.core.errors import SettingsError

    with reading_desk(context) as opened:
        if not opened.store.revoke_key(key, at=opened.clock.now()):
            raise SettingsError(f"there is no valid key {key!r}; `tieout keys list` shows them")
    if as_json:
        write_json({"revoked": key})
    else:
        tell(f"tieout: key {key} is revoked")
