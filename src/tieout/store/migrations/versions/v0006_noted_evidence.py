"""Runs note their replies and events, the version of the program, and what they noted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("evidence_links", "events_links"):
        op.add_column("runs", sa.Column(name, sa.LargeBinary, nullable=True))
    for name in ("program", "noted_digest"):
        op.add_column("runs", sa.Column(name, sa.Text, nullable=True))
