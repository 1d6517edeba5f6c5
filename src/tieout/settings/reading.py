"""Reading all settings at once: every fault is found and named before anything is done."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tieout.settings import schema
from tieout.settings.faults import Reading
from tieout.settings.instruments import read_instruments
from tieout.settings.lists import named_tables, read_secret
from tieout.settings.secret import Secret
from tieout.settings.serving import read_service
from tieout.settings.source import Place, closest, find_file, load_file
from tieout.settings.telling import read_alerts, read_notifications, read_webhooks
from tieout.settings.values import AccountSettings, Allocation, Connection, Settings

TABLES = (
    "store", "runs", "service", "connections", "accounts", "instruments", "allocation",
    "alerts", "webhooks", "notifications",
)  # fmt: skip


def read_settings(
    given: Path | None = None, *, environment: Mapping[str, str], folder: Path
) -> Settings:
    """The settings, environment first. Raises one SettingsError that names every fault."""
    path = find_file(given, environment=environment, folder=folder)
    material, lines = load_file(path) if path is not None else ({}, {})
    reading = Reading(environment=environment)
    root = Place(file=path, lines=lines)
    base = path.parent if path is not None else folder
    reading.refuse_unknown(material, TABLES, root)
    connections = _connections(reading, material.get("connections", []), root, base=base)
    runs = reading.table(material.get("runs", {}), schema.RUNS, root.at("runs"))
    store = reading.table(material.get("store", {}), schema.STORE, root.at("store"))
    store_url = store.pop("url", None)
    settings = Settings(
        path=path,
        store_url=_store_url(reading, store_url, root, base=base, folder=folder),
        connections=connections,
        accounts=_accounts(reading, material.get("accounts", {}), root, connections),
        instruments=read_instruments(reading, material.get("instruments", {}), root, connections),
        allocation=_allocation(reading, material.get("allocation", {}), root, connections),
        on_missing=_on_missing(reading),
        service=read_service(reading, material.get("service", {}), root),
        alerts=read_alerts(reading, material.get("alerts", {}), root, connections),
        webhooks=read_webhooks(reading, material.get("webhooks", []), root, base=base),
        notifications=read_notifications(
            reading, material.get("notifications", []), root, base=base
        ),
        **store,
        **runs,
    )
    reading.refuse_unknown_variables()
    reading.raise_faults()
    return settings


def _store_url(
    reading: Reading, found: str | None, root: Place, *, base: Path, folder: Path
) -> str:
    """TIEOUT_STORE_URL, then DB_PATH, then the file; a relative file is beside who names it."""
    if reading.has_variable(root.at("store").at("url").variable):
        base = folder
    elif reading.has_variable("DB_PATH"):
        found, base = f"sqlite:///{reading.variable('DB_PATH')}", folder
    return absolute_url(found or "sqlite:///tieout.db", base)


def absolute_url(url: str, base: Path) -> str:
    """The same database wherever the command is started.

    >>> absolute_url("sqlite:///tieout.db", Path("/srv/book"))
    'sqlite:////srv/book/tieout.db'
    """
    scheme, _, rest = url.partition("://")
    if not scheme.startswith("sqlite") or rest == "/:memory:":
        return url
    return f"{scheme}:///{base.absolute() / Path(rest[1:]).expanduser()}"


def _connections(
    reading: Reading, material: Any, root: Place, *, base: Path
) -> tuple[Connection, ...]:
    place = root.at("connections")
    if material == []:
        return _connections_by_environment(reading, place, base=base)
    return tuple(
        _connection(reading, name, each, here, base=base)
        for name, each, here in named_tables(reading, material, place, noun="connection")
    )


def _connection(
    reading: Reading, name: str, material: Mapping[str, Any], place: Place, *, base: Path
) -> Connection:
    rest = {key: value for key, value in material.items() if key not in ("name", "options")}
    values = reading.table(
        rest, schema.CONNECTION, place, hidden=schema.SECRETS, also=("name", "options")
    )
    options = material.get("options", {})
    if not isinstance(options, Mapping):
        reading.fault(place.at("options"), "must be a table")
        options = {}
    if "venue" not in values and "venue" not in material:
        reading.fault(place.at("venue"), "is missing: say which venue this is, for example alpaca")
    venue = values.pop("venue", "")
    values = _with_venue_variables(reading, venue, values)
    for key in schema.FILES:
        if key in values:
            values[key] = str(base.absolute() / Path(values[key]).expanduser())
    for key in schema.SECRETS:
        if key in values:
            values[key] = read_secret(reading, values[key], place.at(key), base=base)
        elif key in schema.VENUE_VARIABLES.get(venue, {}) and venue not in schema.PUBLIC_VENUES:
            values[key] = _missing_secret(venue, key, place.at(key))
    return Connection(name=name, venue=venue, options=options, **values)


def _with_venue_variables(reading: Reading, venue: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values, and what the venue's own environment names say where nothing is set."""
    for key, variable in _venue_variables(reading, venue).items():
        if key not in values and reading.has_variable(variable):
            found = reading.read_variable(
                variable, schema.CONNECTION[key], is_hidden=key != "address"
            )
            if found is not None:
                values[key] = found
    if "address" not in values and _has_gateway(reading, venue):
        values["address"] = _gateway_address(reading, venue)
    return values


def _has_gateway(reading: Reading, venue: str) -> bool:
    """Whether the environment names host or port of the venue's gateway."""
    return any(map(reading.has_variable, schema.GATEWAY_VARIABLES.get(venue, ())))


def _gateway_address(reading: Reading, venue: str) -> str | None:
    """Host and port as one address; None where one of them is wrong, which is then a fault."""
    found = []
    rules = (schema.CONNECTION["venue"], schema.PORT)
    defaults = (schema.GATEWAY_HOST, schema.GATEWAY_PORT)
    for name, rule, default in zip(schema.GATEWAY_VARIABLES[venue], rules, defaults, strict=True):
        value = reading.read_variable(name, rule) if reading.has_variable(name) else default
        found.append(value)
    return None if None in found else ":".join(map(str, found))


def _venue_variables(reading: Reading, venue: str) -> dict[str, str]:
    """The venue's own names, each the one that is set where it has two."""
    found = dict(schema.VENUE_VARIABLES.get(venue, {}))
    for key, variable in schema.VENUE_VARIABLES_TOO.get(venue, {}).items():
        if not reading.has_variable(found[key]) and reading.has_variable(variable):
            found[key] = variable
    return found


def _missing_secret(venue: str, key: str, place: Place) -> Secret:
    variable = schema.VENUE_VARIABLES[venue][key]
    where = f"{place}: " if place.file is not None else ""
    return Secret(None, problem=f"{where}set the environment variable {variable}, it has no value")


def _connections_by_environment(
    reading: Reading, place: Place, *, base: Path
) -> tuple[Connection, ...]:
    """Without any connection in a file: one for each venue whose own names are set."""
    here = Place(words=place.words)
    return tuple(
        _connection(reading, venue, {"venue": venue}, here.at(venue), base=base)
        for venue in schema.VENUE_VARIABLES
        if _has_gateway(reading, venue) or _has_login(_venue_variables(reading, venue), reading)
    )


def _has_login(variables: Mapping[str, str], reading: Reading) -> bool:
    return any(reading.has_variable(variables.get(key, "")) for key in schema.SECRETS)


def _accounts(
    reading: Reading, material: Any, root: Place, connections: tuple[Connection, ...]
) -> dict[str, AccountSettings]:
    place = root.at("accounts")
    if not isinstance(material, Mapping):
        reading.fault(place, 'must be a table, write [accounts."connection/account"]')
        return {}
    names = {each.name for each in connections}
    found = {}
    for key in {**material, **{f"{name}/*": None for name in names}}:
        connection, _, account = key.partition("/")
        here = place.at(key)
        is_left = names and connection not in names and not _is_retired(material.get(key))
        if not account or is_left:
            known = closest(connection, names) if names else "set up [[connections]] first"
            if connection in names:
                known = f'all of that connection are "{connection}/*"'
            reading.fault(here, f"must be connection/account or connection/*; {known}")
            continue
        found[key] = _account(reading, key, material.get(key, {}), here)
    _refuse_same_names(reading, found, place)
    return {key: each for key, each in found.items() if key in material or each.policy}


def _is_retired(material: Any) -> bool:
    """Whether an account is set to be retired: its connection may have gone."""
    return isinstance(material, Mapping) and material.get("retired") is True


def _account(reading: Reading, key: str, material: Any, place: Place) -> AccountSettings:
    values = reading.table(material, schema.ACCOUNT, place, also=("policy",))
    if values.get("retired") and key.endswith("/*"):
        reading.fault(place.at("retired"), "one account is retired by its own name, not all")
    policy = material.get("policy", {}) if isinstance(material, Mapping) else {}
    return AccountSettings(key=key, policy=_policy(reading, policy, place.at("policy")), **values)


def _policy(reading: Reading, material: Any, place: Place) -> dict[str, Any]:
    values = reading.table(material, schema.POLICY, place, also=("tolerance", "by_kind"))
    inner = material if isinstance(material, Mapping) else {}
    tolerance = reading.table(inner.get("tolerance", {}), schema.TOLERANCE, place.at("tolerance"))
    rules = _kind_rules(reading, inner.get("by_kind", {}), place.at("by_kind"))
    return {
        **values,
        **({"tolerance": tolerance} if tolerance else {}),
        **({"by_kind": rules} if rules else {}),
    }


def _kind_rules(reading: Reading, material: Any, place: Place) -> dict[str, Any]:
    if not isinstance(material, Mapping):
        reading.fault(place, "must be a table of kinds of break")
        return {}
    reading.refuse_unknown(material, schema.KINDS, place)
    found: dict[str, Any] = {}
    for kind in schema.KINDS:
        here = place.at(kind)
        values = reading.table(material.get(kind, {}), schema.KIND_RULE, here)
        if values and "truth" not in values:
            reading.fault(here, "has no truth; must be one of broker, book, manual")
        elif values:
            found[kind] = values
    return found


def _refuse_same_names(
    reading: Reading, accounts: Mapping[str, AccountSettings], place: Place
) -> None:
    seen: dict[str, str] = {}
    for key, account in accounts.items():
        if account.name is None:
            continue
        if key.endswith("/*"):
            reading.fault(place.at(key).at("name"), "a name is of one account, not of all")
        elif account.name in seen:
            reading.fault(
                place.at(key).at("name"), f"{account.name!r} names {seen[account.name]} too"
            )
        seen.setdefault(account.name, key)


def _allocation(
    reading: Reading, material: Any, root: Place, connections: tuple[Connection, ...]
) -> Allocation:
    place = root.at("allocation")
    if not isinstance(material, Mapping):
        reading.fault(place, "must be a table")
        return Allocation()
    named = {*schema.VENUES, *(each.venue for each in connections if each.venue)}
    named |= {each for each in material if schema.CCXT_VENUE.fullmatch(each)}
    unknown = [each for each in material if each not in (*named, "tolerance")]
    for each in unknown:
        known = closest(each, {*named, "ccxt:<id>", "tolerance"})
        reading.fault(place.at(each), f"is no venue; {known}")
    rules = {**dict.fromkeys(sorted(named), schema.TARGET), "tolerance": schema.TARGET}
    values = reading.table(material, rules, place, also=unknown)
    tolerance = values.pop("tolerance", Allocation().tolerance)
    if sum(values.values()) > 1:
        reading.fault(place, f"the shares add up to {sum(values.values())}, must be at most 1")
    return Allocation(targets=values, tolerance=tolerance)


def _on_missing(reading: Reading) -> Any:
    """Seed 001's switch: close what IBKR lacks, or flag it."""
    name = "POSITION_SYNC_MARK_MISSING_AS_CLOSED"
    if not reading.has_variable(name):
        return None
    closes = reading.read_variable(name, schema.POLICY["guard_empty"])
    return "close" if closes else "flag"
