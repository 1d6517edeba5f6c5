"""Runs note what they say themselves, and how they left account, instruments and breaks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("account_digest", "instruments_digest", "breaks_digest", "record_digest"):
        op.add_column("runs", sa.Column(name, sa.Text, nullable=True))
