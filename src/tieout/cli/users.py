"""`tieout users`: the people who may sign in."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.access import Can, capabilities_of, words_of
from tieout.cli.frame import AsJson, desk, reading_desk, settings_of
from tieout.cli.output import console, tell, write_json

if TYPE_CHECKING:
    from tieout.ports import User

app = typer.Typer()
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the user is called.")]


@app.callback(invoke_without_command=True)
def users(context: typer.Context) -> None:
    """The people who may sign in to `tieout serve`.

    Examples:

    tieout users add ada

    tieout users list
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(name="list")
def list_users(context: typer.Context, as_json: AsJson = False) -> None:
    """Who may sign in, and what they may do.

    Examples:

    tieout users list --json
    """
    from tieout.cli import tables
    from tieout.cli.words import clean

    with reading_desk(context) as opened:
        found = opened.store.users()
        if as_json:
            write_json({"users": [_material(each) for each in found]})
            return
        made = tables.table("User", "May", "Since")
        for each in found:
            made.add_row(
                tables.text(clean(each.name), "bold"),
                words_of(each.capabilities),
                f"{each.created_at:%Y-%m-%d}",
            )
        console().print(made if found else "No users yet; `tieout users add NAME` makes one.")


@app.command(short_help="Add a user, or change one.")
def add(
    context: typer.Context,
    name: Name,
    can: Can = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin, for scripts.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a user, or give the one of this name another password and other capabilities.

    Without --can the user may do everything. Sessions of a changed user end.

    Examples:

    tieout users add ada

    tieout users add ben --can read --password-stdin < ben.password
    """
    from tieout.ports import CAPABILITIES, User
    from tieout.wiring.credentials import hash_of_password, named

    wanted = capabilities_of(can) or frozenset(CAPABILITIES)
    named(name)
    hashed = hash_of_password(_password(is_piped=password_stdin))
    with desk(settings_of(context)) as opened:
        is_new = opened.store.user(name) is None
        user = User(
            name=name,
            password_hash=hashed,
            capabilities=wanted,
            created_at=opened.clock.now(),
        )
        opened.store.put_user(user)
    if as_json:
        write_json({"user": _material(user), "is_new": is_new})
    else:
        tell(f"tieout: {name} is {'added' if is_new else 'changed'}; may {words_of(wanted)}")


@app.command()
def remove(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Remove a user; their sessions end.

    Examples:

    tieout users remove ben
    """
    from tieout.core.errors import SettingsError

    with reading_desk(context) as opened:
        if not opened.store.drop_user(name):
            known = ", ".join(each.name for each in opened.store.users()) or "none"
            raise SettingsError(f"there is no user {name!r}; there are: {known}")
    if as_json:
        write_json({"removed": name})
    else:
        tell(f"tieout: {name} is removed")


def _password(*, is_piped: bool) -> str:
    from tieout.core.errors import SettingsError

    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise SettingsError(
            "there is no terminal to ask for the password; pipe it in with --password-stdin"
        )
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


def _material(user: "User") -> dict[str, Any]:
    return {
        "name": user.name,
        "capabilities": sorted(user.capabilities),
        "created_at": user.created_at,
    }
