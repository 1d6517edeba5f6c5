"""Reading whom to tell: [alerts], [[webhooks]] and [[notifications]]."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tieout.settings import schema
from tieout.settings.faults import Reading
from tieout.settings.lists import named_tables, read_secret
from tieout.settings.rules import Rule, hook_address, signing_secret
from tieout.settings.secret import Secret
from tieout.settings.source import Place
from tieout.settings.values import Alerts, Connection, Notification, Webhook

URL, SECRET = "url", "secret"


def read_alerts(
    reading: Reading, material: Any, root: Place, connections: Sequence[Connection]
) -> Alerts:
    """When people are told of what is wrong."""
    place = root.at("alerts")
    alerts = Alerts(**reading.table(material, schema.ALERTS, place))
    known = [each.name for each in connections]
    for hours in alerts.quiet:
        if hours.connection not in (None, *known):
            there = f"no connection is named {hours.connection!r}; set up: {', '.join(known)}"
            reading.fault(place.at("quiet"), there)
    return alerts


def read_webhooks(
    reading: Reading, material: Any, root: Place, *, base: Path
) -> tuple[Webhook, ...]:
    """Programs that are told by signed requests."""
    return tuple(
        Webhook(name=name, **values)
        for name, values in _targets(
            reading, material, root.at("webhooks"), rules=schema.WEBHOOK, noun="webhook", base=base
        )
    )


def read_notifications(
    reading: Reading, material: Any, root: Place, *, base: Path
) -> tuple[Notification, ...]:
    """People who are told by chat or mail."""
    return tuple(
        Notification(name=name, **values)
        for name, values in _targets(
            reading,
            material,
            root.at("notifications"),
            rules=schema.NOTIFICATION,
            noun="notification",
            base=base,
        )
    )


def _targets(
    reading: Reading,
    material: Any,
    place: Place,
    *,
    rules: Mapping[str, Rule],
    noun: str,
    base: Path,
) -> list[tuple[str, dict[str, Any]]]:
    """The values of each table. Addresses are secrets too: those of chats carry tokens."""
    found = []
    for name, each, here in named_tables(reading, material, place, noun=noun):
        rest = {key: value for key, value in each.items() if key != "name"}
        values = reading.table(rest, rules, here, hidden=(URL, SECRET), also=("name",))
        for key in (known for known in (URL, SECRET) if known in rules):
            values[key] = _secret(reading, each, values, here.at(key), base=base)
        if SECRET in rules:
            _check(reading, values[URL], here.at(URL), rule=hook_address)
            _check(reading, values[SECRET], here.at(SECRET), rule=signing_secret)
        found.append((name, values))
    return found


def _secret(
    reading: Reading,
    material: Mapping[str, Any],
    values: Mapping[str, Any],
    place: Place,
    *,
    base: Path,
) -> Secret:
    key = place.words[-1]
    if key in values:
        return read_secret(reading, values[key], place, base=base)
    if key not in material:
        reading.fault(place, "is missing: a value, env:NAME or file:PATH")
    return Secret(None, problem=f"{place}: is missing")


def _check(reading: Reading, secret: Secret, place: Place, *, rule: Rule) -> None:
    if secret.problem:
        return
    try:
        rule(secret.reveal())
    except ValueError as fault:
        reading.fault(place, str(fault))
