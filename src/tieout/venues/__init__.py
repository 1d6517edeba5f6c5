"""What the venues report, translated into snapshots and activities. No rule is decided here."""
