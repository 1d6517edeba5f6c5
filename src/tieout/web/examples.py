"""One example of each reply, for the OpenAPI document."""

from typing import Any

AT = "2026-11-20T15:00:00.000Z"
LATER = "2026-11-20T15:05:00.000Z"
ACCOUNT = "alpaca-paper/PA3XYZ"
RUN_ID = "20261120-150000-3f9a21"

RESULT = {"created": ["AAPL"], "updated": ["GOOGL", "MSFT"], "removed": [], "errors": []}
SUMMARY = {
    "totalChanges": 3, "createdCount": 1, "updatedCount": 2, "removedCount": 0, "errorCount": 0,
}  # fmt: skip
STATS = {
    "total_syncs": 10, "successful_syncs": 9, "failed_syncs": 1, "positions_created": 5,
    "positions_updated": 20, "positions_closed": 3, "last_sync_time": AT,
}  # fmt: skip
JOBS_STATUS: dict[str, Any] = {
    "positionReconciliation": {
        "enabled": True,
        "schedule": "Every 5 minutes",
        "isRunning": False,
        "lastRunTime": AT,
        "lastRunDuration": 1234,
        "nextRunTime": LATER,
        "totalRuns": 144,
        "successfulRuns": 142,
        "failedRuns": 2,
        "lastError": None,
        "lastResult": RESULT,
    }
}
SYNC_DONE: dict[str, Any] = {
    "success": True,
    "message": "Position sync completed successfully",
    "result": {**RESULT, "summary": SUMMARY},
}
POSITION_SYNC: dict[str, Any] = {"enabled": True, "sync_interval": 300, "stats": STATS}
SCHEDULER_STATUS: dict[str, Any] = {
    "running": True, "paused": False, "next_run_time": LATER, "position_sync": POSITION_SYNC,
}  # fmt: skip
ACCOUNT_STATUS: dict[str, Any] = {
    "account": ACCOUNT, "name": "main", "venue": "alpaca", "currency": "USD", "tied_out": True,
    "outcome": "applied", "reason": None, "last_run": RUN_ID, "last_synced_at": AT,
    "open_breaks": 0, "retired": False,
    "policy": {"truth": "broker", "on_missing": "close"},
}  # fmt: skip
ACCOUNTS: dict[str, Any] = {"accounts": [ACCOUNT_STATUS]}
SYNC_STATUS: dict[str, Any] = {
    **POSITION_SYNC, "is_running": False, "last_synced_at": AT, "accounts": [ACCOUNT_STATUS],
}  # fmt: skip
POSITION: dict[str, Any] = {
    "account": ACCOUNT, "name": "main", "symbol": "AAPL", "side": None, "asset_class": "stock",
    "currency": "USD", "quantity": 6, "average_price": 100.00, "basis": "actual",
    "current_price": 131.00, "unrealized_pnl": 186.00, "unrealized_pnl_pct": 31.0,
    "realized_pnl": 119.00,
    "realized": {
        "USD": {
            "gross": 120.00, "fees": 1.00, "net": 119.00, "funding": 0, "income": 0,
            "incomplete": False,
        }
    },
    "status": "REDUCED", "reconciliation": "SYNCED", "opened_at": AT, "closed_at": None,
    "reason": None, "estimated": None, "entry_trade_id": "20261120103000::f1",
    "exit_trade_id": None, "last_synced_at": AT,
}  # fmt: skip
POSITIONS: dict[str, Any] = {"positions": [POSITION], "next_cursor": None}
PAST_POSITIONS: dict[str, Any] = {
    "as_of": AT, "known_at": AT, "next_cursor": None,
    "positions": [
        POSITION | {
            "current_price": None, "unrealized_pnl": None, "unrealized_pnl_pct": None,
            "reconciliation": None, "last_synced_at": None,
        }
    ],
}  # fmt: skip
BREAK: dict[str, Any] = {
    "account": ACCOUNT, "id": "quantity/AAPL/1", "kind": "quantity", "symbol": "AAPL",
    "side": None, "status": "open", "seen": 1, "first_at": AT, "last_at": AT,
    "before": {"quantity": 14}, "ours": {"quantity": 10}, "theirs": {"quantity": 9},
    "explanation": [{"cause": "fill", "id": "f1", "quantity": -4}], "remainder": -1,
    "prevents_tie_out": True,
}  # fmt: skip
BREAKS: dict[str, Any] = {"breaks": [BREAK], "next_cursor": None}
RUN: dict[str, Any] = {
    "id": RUN_ID, "account": ACCOUNT, "trigger": "schedule", "started_at": AT,
    "finished_at": AT, "duration_ms": 684, "outcome": "applied", "reason": None,
    "tied_out": True, "venue_calls": 3, "counts": {"created": 1}, "errors": [],
    "statement": {"outcome": "applied", "changes": [], "breaks": []},
}  # fmt: skip
RUNS: dict[str, Any] = {"runs": [RUN], "next_cursor": None}
CASE: dict[str, Any] = {
    "case": 1, "account": {"id": "main", "venue": "alpaca"},
    "steps": [{"at": AT, "snapshot": {"as_of": AT, "complete": True, "holdings": []}}],
}  # fmt: skip
JOURNAL: dict[str, Any] = {
    "entries": [{"sequence": 3, "run": RUN_ID, "kind": "ledger", "ledger": "AAPL"}],
    "next_cursor": "3",
}
PNL: dict[str, Any] = {
    "by": "day",
    "rows": [
        {
            "key": "2026-11-20", "currency": "USD", "gross": 120.00, "fees": 1.00, "net": 119.00,
            "funding": 0, "income": 0, "closings": 1, "incomplete": 0, "estimated": False,
        }
    ],
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "settings": {"service.schedule": "60", "service.enabled": True},
    "changed": {"service.schedule": "60"},
}
KEY: dict[str, Any] = {
    "id": "a1b2c3d4e5f6", "name": "bot", "capabilities": ["read"], "created_at": AT,
    "last_used_at": None, "revoked_at": None,
}  # fmt: skip
KEYS: dict[str, Any] = {"keys": [KEY]}
KEY_ONCE: dict[str, Any] = {**KEY, "key": "tieout_..."}
SIGNED_IN: dict[str, Any] = {"user": "ada", "capabilities": ["read"], "expires_at": LATER}
