"""What the seeds say and no test of this folder holds: where it is held, or why it is not."""

from seeds.quoting import Promise

# Sections that promise nothing: names of the author's files, plans of work, advice.
NO_PROMISES = {
    "000": {
        "Related Documentation": "names of other documents",
    },
    "001": {
        "Position Sync Service Implementation Plan": "state of the plan",
        "Implementation Order": "order of the author's work",
        "Estimated Effort": "hours of the author's work",
        "Dependencies": "what the author's program had",
        "Next Steps": "steps of the author's work",
        "Database Session Pattern": "code of the author's program",
        "IBKR Callback Pattern": "code of the author's program",
        "Scheduler Integration Pattern": "code of the author's program",
    },
    "002": {
        "Position Sync Service - Phase 2 Complete": "state of the plan",
        "Files Changed": "files of the author's program",
        "Code Quality": "remarks on the author's code",
        "Status": "state of the plan",
    },
}


def _all(seed: str, reason: str, *words: str) -> list[Promise]:
    return [Promise(seed=seed, words=each, holder=reason) for each in words]


FILES = "a file or class of the author's program; ARCHITECTURE.md says where things are here"
GATEWAY = "tests/venues/test_ibkr_*.py and tests/cli/test_gateway.py, at a simulated gateway"
DASHBOARD = "waits for the dashboard; what it will show is in the API"
ADVICE = "advice to whoever runs it; docs/api.md has ours"
DATABASE = "tests/store, tests/ports: migrations, transactions and indexes of the book"

ELSEWHERE = [
    # 000
    *_all(
        "000",
        FILES,
        "1. **Position Reconciliation Job**",
        "2. **Trading Engine Integration**",
        "3. **Event System** (eventBus)",
        "4. **API Endpoints** (`/api/admin/jobs/*`)",
        "Manages cron schedule",
        "**Solution**: Check if job was started in server/index.ts",
    ),
    *_all(
        "000",
        "the payload has exactly the example's keys, and this is none of them",
        "**Source**: `position-reconciliation-job`",
    ),
    *_all(
        "000",
        "times of the author's machine; `make bench` measures ours",
        "**No changes**: 100-300ms",
        "**With updates**: 500-1500ms",
        "**Many positions**: 1-3 seconds",
        "**CPU**: Minimal (I/O bound)",
    ),
    *_all(
        "000",
        "`make bench` measures the growth for 1,000 positions: below 2 MiB",
        "**Memory**: <10MB during sync",
    ),
    *_all(
        "000",
        "tests/notify, tests/runs/test_alerts.py: webhooks, chat and mail, held back and over",
        "Webhook notifications on discrepancies",
        "**Error Alerts**: Set up notifications for failed syncs",
    ),
    # 001
    *_all(
        "001",
        FILES,
        "`src/",
        "`tests/",
        "`alembic/",
        "**Location**:",
        "**Option 1: Extend Position Model**",
        "**Option 2: Create PositionHistory Model**",
        "**Recommendation**: Start with Option 1",
        "Create `PositionSyncService` class",
        "Implement `sync_positions()` method",
        "Use existing Position model",
        "Follow existing database session patterns",
        "**READY FOR IMPLEMENTATION**",
        "Add to `SchedulerSettings` or create `PositionSyncSettings`",
    ),
    *_all(
        "001",
        "SPEC keeps both: the projection and the journal behind it",
        "**Decision**: Store in Position model for simplicity, can add separate table later",
        "**Decision**: No, start simple, add later if needed",
        "1. **Realized P&L Storage**",
        "2. **Partial Close Tracking**",
        "3. **Sync Frequency**",
        "4. **Missing Position Handling**",
        "5. **Position History**: Do we need PositionHistory model now?",
    ),
    *_all(
        "001",
        "SPEC: a reduction leaves the average as it is, the units that are left cost the same",
        "Update average_price for remaining position",
    ),
    *_all(
        "001",
        "SPEC: by account policy, `flag` where IBKR has been asked; closing is the policy `close`",
        "Strategy: Mark as closed if quantity > 0, log warning",
    ),
    *_all("001", DATABASE, "Add new fields to Position model", "Create Alembic migration",
          "Run migration on deployment", "Backfill `last_synced_at` for existing positions",
          "Create database migration", "Update Position queries",
          "1. **Batch Updates**: Update all positions in single transaction",
          "3. **Indexing**: Ensure indexes on `account_id`, `symbol`, `status`",
          "4. **Connection Pooling**: Reuse database connections"),
    *_all(
        "001",
        "`make bench`: only what changed goes through the rules",
        "2. **Selective Sync**: Only sync changed positions (if callbacks available)",
        "Performance impact is minimal (< 1 second per sync)",
        "**Risk**: Performance impact of frequent syncs",
        "**Mitigation**: Optimize queries, use indexes, batch updates",
    ),
    *_all(
        "001",
        "tests/runs/test_alerts.py: failures are told, held back, and told to be over",
        "4. **Errors**: Alert on sync errors",
    ),
    *_all("001", GATEWAY, "Handle callback errors", "Mock IBKR positions",
          "Integration tests with mock IBKR", "Connect to IBKR", "Execute trades",
          "Verify positions sync", "Disconnect IBKR"),
    *_all("001", DASHBOARD, "Verify dashboard shows last synced positions"),
    *_all("001", ADVICE, "Monitor for issues", "Gradually increase sync frequency if needed"),
    *_all(
        "001",
        "what these tests are for; tests/core, tests/runs and this folder hold it",
        "Unit tests for sync logic",
        "Test edge cases",
        "Add logging",
        "Run sync",
        "Verify database state",
        "Verify sync on trade execution",
        "**Position Analytics**: Historical position analysis",
    ),
    # 002
    *_all(
        "002",
        FILES,
        "Phase 2 of the Position Sync Service implementation is complete.",
        "Added to main `Settings` class",
        "Added `PositionSyncService` import",
        "Added `position_sync_service` parameter",
        "Added `position_sync_config` to access settings",
        "Added `_position_sync_task` background task variable",
        "Created `_position_sync_loop()` method for periodic sync",
        "**File**:",
    ),
    *_all(
        "002",
        "there the trading could be paused; what is paused here is the sync itself, as SPEC asks",
        "**Pause/Resume**: Position sync continues running",
    ),
    *_all(
        "002",
        "SPEC: every run is kept and failures are told, so a broker that is away is no debug line",
        "**IBKR Disconnected**: Skips sync, logs debug message, retries next interval",
        "5. **IBKR Disconnected**: Skips sync, logs debug, retries next interval",
    ),
    *_all("002", "tests/cli/test_gateway.py: a fill at a gateway is in the book by itself",
          "Register position update callbacks", "Trigger sync on position changes (real-time)"),
    *_all(
        "002",
        "tests of seed 001 hold it",
        "Add `last_synced_at` field to Position model",
        "Add `realized_pnl` field to Position model",
        "Create database migration",
    ),
]  # fmt: skip
