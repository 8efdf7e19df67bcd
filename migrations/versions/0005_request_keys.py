"""request keys"""

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), 'postgresql')

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    op.create_table('request_keys',
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('request_hash', sa.String(length=64), nullable=True),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('table_name', sa.String(length=48), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.ForeignKeyConstraint(['made_by'], ['users.id'], name=op.f('fk_request_keys_made_by_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_request_keys'))
    )
    op.create_index(op.f('ix_request_keys_created_at'), 'request_keys', ['created_at'])


def downgrade() -> None:
    op.drop_table('request_keys')
