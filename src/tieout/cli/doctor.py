"""`tieout doctor`: is everything set up, and what to do where it is not."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from tieout.cli.frame import AsJson, settings_of
from tieout.cli.output import TIED_OUT, WRONG, console, progress, write_json

if TYPE_CHECKING:
    from tieout.core.book import Account
    from tieout.ports import Finding, Store
    from tieout.settings import Settings

MARKS = {"ok": ("ok", "green"), "warning": ("look", "yellow"), "error": ("WRONG", "bold red")}


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look at settings, book and connections, and say what to do.

    Examples:

    tieout doctor

    tieout --config desk.toml doctor --json
    """
    import asyncio

    settings = settings_of(context)
    with progress("asking the brokers"):
        findings = [_of_settings(settings), _of_book(settings), *_of_service(settings)]
        findings += _of_changes(settings)
        findings += asyncio.run(_of_connections(settings))
    if as_json:
        from tieout.wiring.material import finding_json

        write_json({"findings": [finding_json(each) for each in findings]})
    else:
        _show(findings)
    is_wrong = any(each.level == "error" for each in findings)
    raise typer.Exit(WRONG if is_wrong else TIED_OUT)


def _of_settings(settings: "Settings") -> "Finding":
    from tieout.ports import Finding
    from tieout.settings.schema import HOW_TO_CONNECT

    found = str(settings.path) if settings.path else "the environment (there is no tieout.toml)"
    if settings.connections:
        names = ", ".join(each.name for each in settings.connections)
        return Finding(subject="settings", level="ok", message=f"{found}; connections: {names}")
    return Finding(
        subject="settings",
        level="error",
        message=f"{found}; no connection is set up",
        advice=HOW_TO_CONNECT,
    )


def _of_book(settings: "Settings") -> "Finding":
    from tieout.cli.words import count
    from tieout.core.errors import SettingsError, StoreError
    from tieout.ports import Finding
    from tieout.wiring import file_of, open_desk
    from tieout.wiring.bookfile import refuse_memory, require_writable

    path = file_of(settings.store_url)
    try:
        refuse_memory(settings)
        if path is not None:
            require_writable(path)
        if path is not None and not path.exists():
            message, advice = f"there is none at {path} yet", "`tieout sync` makes it"
            return Finding(subject="book", level="ok", message=message, advice=advice)
        opened = open_desk(settings, has_book=True)
        accounts = count(len(opened.store.accounts()), "account")
        opened.store.close()
    except (SettingsError, StoreError) as error:
        return Finding(subject="book", level="error", message=str(error))
    return Finding(subject="book", level="ok", message=f"{path or 'database'}, {accounts}")


def _of_service(settings: "Settings") -> "list[Finding]":
    """What `serve` would refuse or say at its start."""
    from tieout.core.errors import SettingsError, StoreError
    from tieout.ports import Finding
    from tieout.wiring import open_desk
    from tieout.wiring.bookfile import is_missing
    from tieout.wiring.clock import SystemClock
    from tieout.wiring.in_effect import schedule_in
    from tieout.wiring.telling import targets_of

    found = []
    for check in (
        lambda: schedule_in(settings.service),
        lambda: targets_of(settings, clock=SystemClock()),
    ):
        try:
            check()
        except SettingsError as error:
            found.append(Finding(subject="service", level="error", message=str(error)))
    known: Sequence[Account] = ()
    if is_missing(settings):
        return found + _of_door(settings, None) + _unknown_accounts(settings, known)
    try:
        opened = open_desk(settings, has_book=True, is_reading=True)
        with closing(opened.store) as store:
            known = store.accounts()
            found += _of_door(settings, store)
    except (SettingsError, StoreError):
        pass  # which is said where the book is looked at
    return found + _unknown_accounts(settings, known)


def _of_door(settings: "Settings", store: "Store | None") -> "list[Finding]":
    """Whether others could reach the service while nobody has to sign in."""
    from tieout.core.errors import SettingsError
    from tieout.ports import Finding
    from tieout.wiring.opening import refuse_open_door

    try:
        refuse_open_door(store, host=settings.service.host)
    except SettingsError as error:
        return [Finding(subject="service", level="error", message=str(error))]
    return []


def _unknown_accounts(settings: "Settings", known: "Sequence[Account]") -> "list[Finding]":
    from tieout.ports import Finding
    from tieout.wiring.telling import unknown_accounts

    return [
        Finding(subject="service", level="warning", message=message)
        for message in unknown_accounts(settings, known)
    ]


def _of_changes(settings: "Settings") -> "list[Finding]":
    """What was changed at run time and does not fit the settings any more."""
    from tieout.core.errors import TieoutError
    from tieout.ports import Finding
    from tieout.wiring import open_desk

    try:
        opened = open_desk(settings, has_book=True, is_reading=True)
    except TieoutError:
        return []  # which is said of the book
    found = opened.take_up().warnings()
    opened.store.close()
    return [Finding(subject="settings", level="warning", message=each) for each in found]


async def _of_connections(settings: "Settings") -> "list[Finding]":
    import asyncio

    from tieout.wiring import check_connection

    checks = (check_connection(settings, each.name) for each in settings.connections)
    return [finding for findings in await asyncio.gather(*checks) for finding in findings]


def _show(findings: "Sequence[Finding]") -> None:
    from tieout.cli import tables
    from tieout.cli.words import clean

    shown = console()
    order = ("error", "warning", "ok")
    for each in sorted(findings, key=lambda finding: order.index(finding.level)):
        mark, style = MARKS[each.level]
        line = tables.text(f"{mark:<6}", style)
        line.append(clean(f"{each.subject}: {each.message}"), style="")
        shown.print(line, soft_wrap=True)
        if each.advice and each.advice not in each.message:
            shown.print(tables.text(clean(f"      {each.advice}"), tables.QUIET), soft_wrap=True)
