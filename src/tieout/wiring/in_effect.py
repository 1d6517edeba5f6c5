"""The settings that hold: those of file and environment, and what was changed at run time.

Changes are kept in the book, and hold for everybody who opens it: the service, the commands and
programs. One that no longer fits (its connection has another name now) is left out, and said.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tieout.core.errors import SettingsError
from tieout.ports import Store
from tieout.runs.schedule import Schedule, schedule_of, zone_of
from tieout.settings import Service, Settings
from tieout.settings.runtime import account_in, is_changeable, with_runtime
from tieout.settings.source import closest
from tieout.settings.values import EVERY_ACCOUNT, connection_of

SCHEDULE_KEYS = ("service.schedule", "service.timezone")
CLEAR = "take it back with: tieout db settings --clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class InEffect:
    """Settings with the changes that fit; `unfit` says what is wrong with each of the others."""

    settings: Settings
    changed: Mapping[str, Any] = field(default_factory=dict)
    unfit: Mapping[str, str] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """What to say of the changes that are left out."""
        return [
            f"{problem}; it was changed at run time and is left out, {CLEAR} {key}"
            for key, problem in self.unfit.items()
        ]


def in_effect(settings: Settings, store: Store) -> InEffect:
    """The settings, and what was changed at run time on top of them."""
    changed, unfit = {}, {}
    for key, text in store.runtime_settings().items():
        try:
            value = json.loads(text)
            schedule_in(with_runtime(settings, {key: value}).service)
        except (SettingsError, ValueError) as fault:
            problem = str(fault)
            unfit[key] = problem if problem.startswith(key) else f"{key}: {problem}"
        else:
            changed[key] = value
    return InEffect(settings=with_runtime(settings, changed), changed=changed, unfit=unfit)


def schedule_in(service: Service) -> Schedule:
    """The schedule that is set. Raises SettingsError with what is allowed."""
    try:
        zone_of(service.timezone)
    except ValueError as fault:
        raise SettingsError(f"service.timezone: {fault}") from None
    try:
        return schedule_of(service.schedule, zone=service.timezone)
    except ValueError as fault:
        raise SettingsError(f"service.schedule: is {service.schedule!r}, {fault}") from None


def merged_with(settings: Settings, merged: Mapping[str, Any], *, faults: list[str]) -> Settings:
    """The settings with all changes. Every wrong one is named at once, and other faults."""
    found = []
    try:
        changed = with_runtime(settings, merged)
    except SettingsError as error:
        found.append(str(error))
        known = {key: each for key, each in merged.items() if key in SCHEDULE_KEYS}
        changed = with_runtime(settings, known)
    try:
        schedule_in(changed.service)
    except SettingsError as error:
        found.append(str(error))
    if faults or found:
        raise SettingsError("\n".join([*faults, *found]))
    return changed


def unknown_in(changed: Mapping[str, Any], settings: Settings, store: Store) -> list[str]:
    """What is wrong with changes of what nobody has: an account that is neither set up nor in the
    book, or a key that is none. What was changed can be taken back whatever it has become.
    """
    kept = store.runtime_settings()
    known = {*settings.accounts, *(each.id for each in store.accounts())}
    names = {each.name for each in settings.connections}
    faults = []
    for key, value in changed.items():
        account = account_in(key)
        is_every = account is None or account.endswith(f"/{EVERY_ACCOUNT}")
        is_there = is_every or account in known
        is_named_anyway = value is not None and connection_of(account or "") not in names
        if value is None and key in kept:
            continue
        if value is None and not is_changeable(key):
            faults.append(f"{key}: cannot be changed at run time, and was not")
        elif not is_there and not is_named_anyway:
            faults.append(f"{key}: no account is called {account}; {closest(account or '', known)}")
    return faults
