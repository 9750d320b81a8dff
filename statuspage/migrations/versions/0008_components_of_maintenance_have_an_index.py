"""components of maintenance have an index"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("maintenance_component", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_maintenance_component_component_id"), ["component_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("maintenance_component", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_maintenance_component_component_id"))
