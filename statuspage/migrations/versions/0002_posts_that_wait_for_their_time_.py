"""posts that wait for their time, incidents set right"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=True),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_version_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_version")),
    )
    with op.batch_alter_table("incident_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_version_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "timed_post",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("incident_id", sa.String(length=40), nullable=True),
        sa.Column("maintenance_id", sa.String(length=40), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_status", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_timed_post_incident_id_incident"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["maintenance_id"],
            ["maintenance.id"],
            name=op.f("fk_timed_post_maintenance_id_maintenance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timed_post")),
    )
    with op.batch_alter_table("timed_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timed_post_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_timed_post_maintenance_id"), ["maintenance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_timed_post_publish_at"), ["publish_at"], unique=False)

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("edited_at")

    with op.batch_alter_table("timed_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_timed_post_publish_at"))
        batch_op.drop_index(batch_op.f("ix_timed_post_maintenance_id"))
        batch_op.drop_index(batch_op.f("ix_timed_post_incident_id"))

    op.drop_table("timed_post")
    with op.batch_alter_table("incident_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_version_incident_id"))

    op.drop_table("incident_version")
