"""Reading a case file: everything that is wrong with it is named at once, each with its path."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from tieout.cases.case import CASE_VERSION, Case
from tieout.cases.fields import Faults, Fields, fields_of
from tieout.cases.material import Members, Number, parsed
from tieout.cases.rows import read_book
from tieout.cases.steps import read_steps
from tieout.core.book import Account, AccountId
from tieout.core.breaks import BREAK_KINDS
from tieout.core.declared import PRICE_DECIMALS_MAX, Declared
from tieout.core.instrument import ASSET_CLASSES, Instrument, spelling_key, told_by_symbol
from tieout.core.policy import (
    COST_BASES,
    ON_MISSING,
    TRUTHS,
    KindRule,
    Policy,
    Tolerance,
    default_policy,
)

VENUES = ("alpaca", "ibkr", "hyperliquid", "coinbase", "file", "local")
_CCXT = re.compile(r"ccxt:[a-z0-9_]+")

CASE_KEYS = ("case", "account", "policy", "instruments", "book", "steps")
ACCOUNT_KEYS = ("id", "venue", "currency", "history")
POLICY_KEYS = (
    "truth", "on_missing", "missing_confirmations", "alert_confirmations", "cost_basis",
    "guard_close_share", "guard_close_min", "guard_empty", "grace_s", "tolerance", "by_kind",
)  # fmt: skip
TOLERANCE_KEYS = ("quantity", "average_price", "average_price_relative", "money")
RULE_KEYS = ("truth", "limit")
INSTRUMENT_KEYS = (
    "symbol", "asset_class", "multiplier", "currency", "venue_id", "venue_ids", "spellings",
    "expires", "price_decimals", "inverse",
)  # fmt: skip
HISTORIES: tuple[Literal["full", "partial"], ...] = ("full", "partial")


def read_case(data: bytes, *, venues: Sequence[str] = VENUES) -> Case:
    """The case that a file holds. Raises CaseFaults with every fault of the file."""
    faults, later_faults = Faults(), Faults()
    top = fields_of(parsed(data), "$", CASE_KEYS, faults)
    check_version(top)
    account = read_account(top, venues)
    policy = read_policy(top, account.venue)
    instruments = read_instruments(top, account)
    steps = read_steps(Fields(top.members, top.path, later_faults))
    case = Case(account=account, policy=policy, instruments=instruments, steps=steps)
    book = read_book(top, instruments, account, starts_at=case.starts_at)
    faults.found |= later_faults.found
    faults.refuse()
    return replace(case, book=book)


def check_version(top: Fields) -> None:
    """`case` says which version of the format the file is written in."""
    top.need("case", f"the version of the format, {CASE_VERSION}")
    value = top.members.get("case")
    if top.has("case") and not (isinstance(value, Number) and value == str(CASE_VERSION)):
        top.fault("case", f"must be {CASE_VERSION}, the only version there is")


def read_account(top: Fields, venues: Sequence[str]) -> Account:
    """The account; its venue is the one thing that cannot be left out."""
    top.need("account", "an object with the venue")
    account = top.object("account", ACCOUNT_KEYS) or Fields(
        Members(), top.at("account"), top.faults
    )
    if top.has("account"):
        account.need("venue", f"one of {', '.join(venues)} or ccxt:<id>")
    venue = account.text("venue") or ""
    if venue and venue not in venues and not _CCXT.fullmatch(venue):
        account.fault("venue", f"must be one of {', '.join(venues)} or ccxt:<id>, not {venue}")
    return Account(
        id=AccountId(account.text("id") or "main"),
        venue=venue,
        currency=account.text("currency") or "USD",
        history=account.word("history", HISTORIES) or "full",
    )


def read_policy(top: Fields, venue: str) -> Policy:
    """The policy of the venue, with what the file says otherwise."""
    standard = default_policy(venue)
    policy = top.object("policy", POLICY_KEYS)
    if policy is None:
        return standard
    share = policy.not_negative("guard_close_share")
    if share is not None and share > 1:
        policy.fault("guard_close_share", "must be a share between 0 and 1")
    given = {
        "truth": policy.word("truth", TRUTHS),
        "on_missing": policy.word("on_missing", ON_MISSING),
        "missing_confirmations": policy.count("missing_confirmations", at_least=1),
        "alert_confirmations": policy.count("alert_confirmations", at_least=1),
        "cost_basis": policy.word("cost_basis", COST_BASES),
        "guard_close_share": share,
        "guard_close_min": policy.count("guard_close_min", at_least=0),
        "guard_empty": policy.flag("guard_empty"),
        "grace_s": policy.not_negative("grace_s"),
        "tolerance": read_tolerance(policy),
        "by_kind": read_kind_rules(policy),
    }
    return replace(standard, **without_nothing(given))  # type: ignore[arg-type]


def without_nothing(given: dict[str, object]) -> dict[str, object]:
    """What the file does say; the defaults stand for the rest."""
    return {name: value for name, value in given.items() if value is not None}


def read_tolerance(policy: Fields) -> Tolerance | None:
    tolerance = policy.object("tolerance", TOLERANCE_KEYS)
    if tolerance is None:
        return None
    given = {name: tolerance.not_negative(name) for name in TOLERANCE_KEYS}
    return Tolerance(**without_nothing(given))  # type: ignore[arg-type]


def read_kind_rules(policy: Fields) -> dict[str, KindRule] | None:
    """Who is right by kind of break, up to an amount."""
    by_kind = policy.object("by_kind", BREAK_KINDS)
    if by_kind is None:
        return None
    rules = {}
    for kind in by_kind.members:
        rule = by_kind.object(kind, RULE_KEYS)
        if rule is not None:
            rule.need("truth", f"one of {', '.join(TRUTHS)}")
            truth = rule.word("truth", TRUTHS) or "broker"
            rules[kind] = KindRule(truth=truth, limit=rule.not_negative("limit"))
    return rules


def read_instruments(top: Fields, account: Account) -> tuple[Instrument, ...]:
    """What cannot be told from the symbols alone."""
    found: list[Instrument] = []
    owners: dict[tuple[str, str], str] = {}
    for path, item in top.items("instruments"):
        fields = fields_of(item, path, INSTRUMENT_KEYS, top.faults)
        instrument = read_instrument(fields, account)
        for name in identities(instrument):
            if name in owners:
                top.faults.add(path, f"has the same {name[0]} {name[1]} as {owners[name]}")
            owners.setdefault(name, path)
        found.append(instrument)
    return with_told_spellings(found, account)


def with_told_spellings(declared: Sequence[Instrument], account: Account) -> tuple[Instrument, ...]:
    """With the other names that a symbol tells, where the file gives none and declares none.

    Products of one coin that are declared each for itself are kept apart.
    """
    symbols = {spelling_key(instrument.symbol) for instrument in declared}
    found = []
    for each in declared:
        told = told_by_symbol(each.symbol, venue=account.venue, currency=account.currency)
        is_alone = symbols.isdisjoint(map(spelling_key, told.spellings))
        also = told.spellings if is_alone else ()
        found.append(replace(each, spellings=each.spellings or also))
    return tuple(found)


def identities(instrument: Instrument) -> list[tuple[str, str]]:
    """What no other instrument may have: the ids; without any, the symbol and the spellings."""
    if instrument.venue_ids:
        return [("venue_id", each) for each in instrument.venue_ids]
    symbol = [("symbol", spelling_key(instrument.symbol))] if instrument.symbol else []
    spellings = dict.fromkeys(map(spelling_key, instrument.spellings))
    return [*symbol, *(("spelling", each) for each in spellings)]


def read_instrument(fields: Fields, account: Account) -> Instrument:
    """What the symbol tells, with what the file says otherwise."""
    symbol = fields.required_text("symbol", "the name of the instrument")
    venue_id = fields.text("venue_id")
    decimals = fields.count("price_decimals", at_least=0)
    if decimals is not None and decimals > PRICE_DECIMALS_MAX:
        fields.fault("price_decimals", f"must be at most {PRICE_DECIMALS_MAX}")
    spellings = fields.texts("spellings")
    declared = Declared(
        symbol=symbol,
        asset_class=fields.word("asset_class", ASSET_CLASSES),
        multiplier=fields.positive("multiplier"),
        currency=fields.text("currency"),
        venue_ids=tuple(
            dict.fromkeys((*((venue_id,) if venue_id else ()), *fields.texts("venue_ids")))
        ),
        expires=fields.day("expires"),
        price_decimals=decimals,
        inverse=fields.flag("inverse"),
    )
    alone = declared.alone(venue=account.venue, currency=account.currency)
    return replace(alone, symbol=symbol, spellings=spellings)
