"""Every key that may be set, with the rule for its value."""

import re
from collections.abc import Mapping

from tieout.core.breaks import BREAK_KINDS
from tieout.core.declared import PRICE_DECIMALS_MAX
from tieout.core.instrument import ASSET_CLASSES
from tieout.core.policy import COST_BASES, ON_MISSING, TRUTHS
from tieout.settings.quiet import quiet_hours
from tieout.settings.rules import (
    Rule,
    address,
    day,
    event_types,
    host_names,
    networks,
    number,
    one_of,
    positive,
    schedule,
    store_url,
    stream_address,
    text,
    whole_number,
    words,
    yes_or_no,
)

Rules = Mapping[str, Rule]

# Webhooks are tried for four days; events must be there for longer.
STORE: Rules = {"url": store_url, "events_days": whole_number(least=7, most=36_500)}

RUNS: Rules = {
    "deadline_s": number(least="1", most="3600"),
    "evidence_days": whole_number(least=0, most=36_500),
}

SERVICE: Rules = {
    "enabled": yes_or_no,
    "schedule": schedule,
    "timezone": text,
    "first_run_s": number(least="0", most="3600"),
    "host": text,
    "port": whole_number(least=0, most=65_535),
    "log": one_of(("console", "json")),
    "log_level": one_of(("debug", "info", "warning", "error")),
    "sync_on_trade": yes_or_no,
    "sync_on_position_update": yes_or_no,
    "default_account": text,
    "quiet_s": number(least="0", most="60"),
    "quiet_s_max": number(least="0", most="600"),
    "stale_page_s": number(least="1", most="86400"),
    "stop_limit_s": number(least="0", most="3600"),
    "session_hours": number(least="0.1", most="8760"),
    "body_bytes_max": whole_number(least=1024, most=1_073_741_824),
    "trusted_proxies": networks,
    "hosts": host_names,
    "requests_per_minute": whole_number(least=1, most=1_000_000),
}

# What seeds 001 and 002 call the same.
SERVICE_VARIABLES: Mapping[str, str] = {
    "POSITION_SYNC_ENABLED": "enabled",
    "POSITION_SYNC_SYNC_INTERVAL": "schedule",
    "POSITION_SYNC_SYNC_ON_TRADE": "sync_on_trade",
    "POSITION_SYNC_SYNC_ON_POSITION_UPDATE": "sync_on_position_update",
    "POSITION_SYNC_DEFAULT_ACCOUNT_ID": "default_account",
}
POSITION_SYNC = (
    *SERVICE_VARIABLES,
    "POSITION_SYNC_MARK_MISSING_AS_CLOSED",
    "POSITION_SYNC_CALCULATE_REALIZED_PNL",
)

CONNECTION: Rules = {
    "venue": text,
    "address": address,
    "stream_address": stream_address,
    "key": text,
    "secret": text,
    "account": text,
    "path": text,
    "client_id": whole_number(least=0),
    "timeout_s": number(least="0.1", most="600"),
    "flex": text,
}
SECRETS = ("key", "secret")
FILES = ("flex", "path")  # relative to the file of settings

ALERTS: Rules = {
    "after_failures": whole_number(least=1, most=1000),
    "repeat_hours": number(least="0", most="8760"),
    "quiet": quiet_hours,
}

WEBHOOK: Rules = {"url": text, "secret": text, "types": event_types, "accounts": words}
NOTIFICATION: Rules = {"url": text, "types": event_types, "accounts": words}

ACCOUNT: Rules = {"name": text, "retired": yes_or_no}

# Those of an instrument in a case file; its symbol is the name of the table.
INSTRUMENT: Rules = {
    "asset_class": one_of(ASSET_CLASSES),
    "multiplier": positive,
    "currency": text,
    "venue_id": text,
    "venue_ids": words,
    "spellings": words,
    "expires": day,
    "price_decimals": whole_number(least=0, most=PRICE_DECIMALS_MAX),
    "inverse": yes_or_no,
    "connections": words,
}

POLICY: Rules = {
    "truth": one_of(TRUTHS),
    "on_missing": one_of(ON_MISSING),
    "missing_confirmations": whole_number(least=1),
    "alert_confirmations": whole_number(least=1),
    "cost_basis": one_of(COST_BASES),
    "guard_close_share": number(least="0", most="1"),
    "guard_close_min": whole_number(least=0),
    "guard_empty": yes_or_no,
    "grace_s": number(least="0"),
}

TOLERANCE: Rules = {
    "quantity": number(least="0"),
    "average_price": number(least="0"),
    "average_price_relative": number(least="0"),
    "money": number(least="0"),
}

KIND_RULE: Rules = {"truth": one_of(TRUTHS), "limit": number(least="0")}
KINDS = BREAK_KINDS

TARGET = number(least="0", most="1")

# What may have a share before it is connected; those of other packages once they are.
VENUES = ("alpaca", "coinbase", "file", "hyperliquid", "ibkr", "ibkr-flex")
CCXT_VENUE = re.compile(r"ccxt:[a-z0-9_]+")

# What the venues' own tools call these keys; used where neither the file nor TIEOUT_ names say.
VENUE_VARIABLES: Mapping[str, Mapping[str, str]] = {
    "alpaca": {
        "key": "APCA_API_KEY_ID",
        "secret": "APCA_API_SECRET_KEY",
        "address": "APCA_API_BASE_URL",
    },
    "hyperliquid": {
        "key": "HYPERLIQUID_KEY",
        "secret": "HYPERLIQUID_SECRET",
    },
    "ibkr": {"client_id": "IBKR_CLIENT_ID", "flex": "IBKR_FLEX"},
    "coinbase": {
        "key": "COINBASE_KEY",
        "secret": "COINBASE_SECRET",
    },
}

# Other names of the same, used where those above are not set.
VENUE_VARIABLES_TOO: Mapping[str, Mapping[str, str]] = {
    "coinbase": {
        "key": "COINBASE_API_KEY",
        "secret": "COINBASE_API_SECRET",
    },
}

# Venues that are read without a login: their keys may be missing.
PUBLIC_VENUES = ("hyperliquid",)

# Host and port of a gateway, which together are the address; the one that is not set is this.
GATEWAY_VARIABLES: Mapping[str, tuple[str, str]] = {"ibkr": ("IBKR_HOST", "IBKR_PORT")}
GATEWAY_HOST, GATEWAY_PORT = "127.0.0.1", 4001
PORT = whole_number(least=1, most=65_535)

# TIEOUT_ names that are no keys of the file.
RESERVED = ("TIEOUT_CONFIG", "TIEOUT_GOLDEN")
RESERVED_PREFIX = "TIEOUT_TEST_"

# What to do where there is no connection at all.
HOW_TO_CONNECT = (
    "set APCA_API_KEY_ID and APCA_API_SECRET_KEY, or HYPERLIQUID_KEY, or COINBASE_KEY and"
    " COINBASE_SECRET, or IBKR_HOST, or write [[connections]] into tieout.toml"
)
