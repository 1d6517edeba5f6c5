"""`tieout sync` and `tieout plan`: tie the accounts out, or say what that would do."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import typer

from tieout.cli.frame import AsJson, OfAccounts, desk, settings_of
from tieout.cli.output import (
    NOT_TIED_OUT,
    TIED_OUT,
    WRONG,
    console,
    progress,
    tell_traceback,
    write_json,
)

if TYPE_CHECKING:
    from tieout.runs import Finished
    from tieout.wiring import Answer, Desk


def sync(context: typer.Context, account: OfAccounts = None, as_json: AsJson = False) -> None:
    """Read the brokers and make the book true to them.

    One run for each account: read, compare, apply in one transaction. A run that would close
    suspiciously many positions is held until you approve or reject it (`tieout runs`).

    Examples:

    tieout sync

    tieout sync --account main --json

    tieout --config desk.toml sync
    """
    raise typer.Exit(_run(context, account or (), as_json=as_json, is_plan=False))


def plan(context: typer.Context, account: OfAccounts = None, as_json: AsJson = False) -> None:
    """Say what a sync would do now, and do nothing of it.

    Examples:

    tieout plan

    tieout plan --account main --json
    """
    raise typer.Exit(_run(context, account or (), as_json=as_json, is_plan=True))


def _run(context: typer.Context, chosen: Sequence[str], *, as_json: bool, is_plan: bool) -> int:
    import asyncio

    from tieout.wiring import check_connections, connections_named
    from tieout.wiring.bookfile import refuse_memory

    settings = settings_of(context)
    if not is_plan:
        refuse_memory(settings)
    with ExitStack() as closing:
        with progress("reading the brokers"):
            check_connections(settings, connections_named(settings, chosen))
            opened = closing.enter_context(desk(settings, is_plan=is_plan, is_reading=is_plan))
            answers = asyncio.run(opened.sync(chosen, is_plan=is_plan))
        if as_json:
            write_json(answers_json(answers, opened, is_plan=is_plan))
        else:
            show(answers, opened, is_plan=is_plan)
    for answer in answers:
        tell_traceback(answer.error)
    return status_of(answers)


def status_of(answers: "Sequence[Answer]") -> int:
    """0 when every account is tied out, 1 for breaks or a held run, 2 for an error."""
    statuses = [_status_of(answer) for answer in answers]
    return max(statuses, default=TIED_OUT)


def _status_of(answer: "Answer") -> int:
    if answer.finished is None or answer.finished.record.outcome == "failed":
        return WRONG
    record = answer.finished.record
    is_tied_out = record.tied_out
    if is_tied_out is None:  # nothing was read; what was open before still is
        open_breaks = answer.finished.after.open_breaks.values()
        is_tied_out = not any(each.prevents_tie_out for each in open_breaks)
    return TIED_OUT if record.outcome == "applied" and is_tied_out else NOT_TIED_OUT


def answers_json(
    answers: "Sequence[Answer]", opened: "Desk", *, is_plan: bool = False
) -> dict[str, Any]:
    """What came of every account."""
    return {
        "plan": is_plan,
        "tied_out": status_of(answers) == TIED_OUT,
        "accounts": [_answer_json(answer, opened, is_plan=is_plan) for answer in answers],
    }


def _answer_json(answer: "Answer", opened: "Desk", *, is_plan: bool) -> dict[str, Any]:
    from tieout.core.book import AccountId
    from tieout.wiring.material import record_json

    name = {"account": answer.subject, "name": opened.name_of(AccountId(answer.subject))}
    if answer.finished is None:
        return {**name, "outcome": "error", "error": str(answer.error)}
    made = record_json(answer.finished.record)
    if is_plan:
        del made["id"]  # there is no run of that name
        return {**name, "would_be": made.pop("outcome"), **made}
    return {**name, **made}


def show(answers: "Sequence[Answer]", opened: "Desk", *, is_plan: bool = False) -> None:
    """Every account in words, what is wrong first."""
    shown = console()
    for answer in sorted(answers, key=_status_of, reverse=True):
        for line in lines_of_answer(answer, opened, is_plan=is_plan):
            shown.print(line, soft_wrap=True)


def lines_of_answer(answer: "Answer", opened: "Desk", *, is_plan: bool = False) -> list[Any]:
    """One account in words: what came of it, or the error that kept it from running."""
    from tieout.cli import tables
    from tieout.cli.words import clean
    from tieout.core.book import AccountId

    name = opened.name_of(AccountId(answer.subject))
    if answer.finished is None:
        line = tables.text(f"{name}: ", "bold")
        said = clean(str(answer.error))
        for beginning in (f"{answer.subject} ", f"{answer.subject}: "):
            said = said.removeprefix(beginning)
        return [line.append(said, style=tables.BAD)]
    return finished_lines(answer.finished, opened, name=name, is_plan=is_plan)


def finished_lines(
    finished: "Finished",
    opened: "Desk",
    *,
    name: str,
    is_plan: bool = False,
    decided: str | None = None,
) -> list[Any]:
    """One run in words: how the account stands, what changed, what disagrees.

    `decided` says how a person settled the breaks that are over; else they agree again.
    """
    from tieout.cli import tables
    from tieout.cli.words import change_sentence, listed
    from tieout.runs.records import error_text

    plan, now = finished.plan, opened.clock.now()
    lines = [
        tables.standing_line(tables.standing_of(finished, name=name), now=now, is_plan=is_plan)
    ]
    open_breaks = [each for each in plan.breaks if each.status == "open"]
    lines += tables.break_lines(open_breaks, finished.after.ledgers, now=now)
    lines += tables.error_lines(error_text(each) for each in plan.errors)
    told = {each.ledger for each in open_breaks}
    lines += [
        tables.text(f"  {change_sentence(each)}")
        for each in plan.changes
        if each.kind != "missing" or each.ledger not in told
    ]
    lasting = [symbol for each in plan.alerts if each.kind == "break" for symbol in each.symbols]
    if lasting:
        lines.append(
            tables.text(f"  look at this, it lasts: {listed(lasting, most=8)}", tables.BAD)
        )
    over = {"resolved": decided or "agrees again", "ignored": "ignored, though it does not agree"}
    for status, words in over.items():
        names = [
            each.symbol or "the whole account" for each in plan.breaks if each.status == status
        ]
        if names:
            style = "green" if words == "agrees again" else ""
            lines.append(tables.text(f"  {words}: {listed(names, most=8)}", style))
    if plan.outcome == "held" and not is_plan:
        run = finished.record.id
        lines.append(tables.text(f"  tieout runs approve {run}   believes the broker"))
        lines.append(tables.text(f"  tieout runs reject {run}    keeps the book"))
    quiet = _quiet_words(finished, is_plan=is_plan)
    return [*lines, tables.text(f"  {quiet}", tables.QUIET)] if quiet else lines


def _quiet_words(finished: "Finished", *, is_plan: bool) -> str:
    """What needs no line of its own: prices, calls, the run's name."""
    from tieout.cli.words import count, span

    plan, record = finished.plan, finished.record
    took_s = (record.finished_at - record.started_at).total_seconds()
    words = []
    if plan.marked:
        words.append(f"{count(plan.marked, 'price')} updated")
    if plan.unchanged:
        words.append(f"{plan.unchanged} unchanged")
    words.append(f"{count(record.venue_calls, 'call')} in {span(took_s)}")
    words.append("nothing was written" if is_plan else f"run {record.id}")
    return ", ".join(words)


def show_one(
    finished: "Finished", opened: "Desk", *, as_json: bool, decided: str | None = None
) -> int:
    """One run that a person asked for; the exit status."""
    from tieout.core.book import AccountId
    from tieout.wiring import Answer

    account = finished.record.account
    answer = Answer(subject=account, finished=finished)
    if as_json:
        write_json(_answer_json(answer, opened, is_plan=False))
    else:
        shown, name = console(), opened.name_of(AccountId(account))
        for line in finished_lines(finished, opened, name=name, decided=decided):
            shown.print(line, soft_wrap=True)
    return _status_of(answer)
