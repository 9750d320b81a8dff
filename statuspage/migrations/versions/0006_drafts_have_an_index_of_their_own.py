"""drafts have an index of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_draft"))
        batch_op.create_index(
            "ix_incident_drafts",
            ["started_at"],
            unique=False,
            sqlite_where=sa.text("draft IS 1"),
            postgresql_where=sa.text("draft IS true"),
        )


def downgrade() -> None:
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_incident_drafts", sqlite_where=sa.text("draft IS 1"), postgresql_where=sa.text("draft IS true")
        )
        batch_op.create_index(batch_op.f("ix_incident_draft"), ["draft"], unique=False)
