"""school"""

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), 'postgresql')

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('academic_years',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.CheckConstraint('ends_on > starts_on', name=op.f('ck_academic_years_range')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_academic_years')),
    sa.UniqueConstraint('name', name=op.f('uq_academic_years_name')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_academic_years_starts_on'), 'academic_years', ['starts_on'], unique=False)
    op.create_table('activity_seals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('from_id', sa.Integer(), nullable=False),
    sa.Column('to_id', sa.Integer(), nullable=False),
    sa.Column('row_count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('previous_hash', sa.String(length=64), server_default='', nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('sealed_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('archived_at', MOMENT, nullable=True),
    sa.CheckConstraint('to_id >= from_id', name=op.f('ck_activity_seals_range')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity_seals')),
    sa.UniqueConstraint('to_id', name=op.f('uq_activity_seals_to_id')),
    sqlite_autoincrement=True
    )
    op.create_table('api_tokens',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=16), server_default='admin', nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('last_used_at', MOMENT, nullable=True),
    sa.Column('revoked_at', MOMENT, nullable=True),
    sa.CheckConstraint("role IN ('admin', 'principal', 'bursar', 'registrar', 'teacher')", name=op.f('ck_api_tokens_role_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('name', name=op.f('uq_api_tokens_name')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash')),
    sqlite_autoincrement=True
    )
    op.create_table('classes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('level', sa.Integer(), server_default='0', nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('is_active', sa.Boolean(), server_default='1', nullable=False),
    sa.CheckConstraint('capacity IS NULL OR capacity > 0', name=op.f('ck_classes_capacity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_classes')),
    sa.UniqueConstraint('name', name=op.f('uq_classes_name')),
    sqlite_autoincrement=True
    )
    op.create_table('counters',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('value', sa.Integer(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_counters'))
    )
    op.create_table('financial_categories',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('type', sa.String(length=16), nullable=False),
    sa.Column('description', sa.String(length=200), server_default='', nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default='1', nullable=False),
    sa.CheckConstraint("type IN ('income', 'expense')", name=op.f('ck_financial_categories_type_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_financial_categories')),
    sa.UniqueConstraint('name', name=op.f('uq_financial_categories_name')),
    sqlite_autoincrement=True
    )
    op.create_table('guardians',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('full_name', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=32), nullable=True),
    sa.Column('email', sa.String(length=120), nullable=True),
    sa.Column('address', sa.String(length=200), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guardians')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_guardians_phone'), 'guardians', ['phone'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('sent_at', MOMENT, nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sqlite_autoincrement=True
    )
    op.create_table('settings',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_settings'))
    )
    op.create_table('setup_links',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_setup_links_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setup_links'))
    )
    op.create_table('statistics_cache',
    sa.Column('metric_name', sa.String(length=80), nullable=False),
    sa.Column('metric_value', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.String(length=16), server_default='', nullable=False),
    sa.Column('category', sa.String(length=16), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('calculated_at', MOMENT, nullable=False),
    sa.Column('expires_at', MOMENT, nullable=True),
    sa.CheckConstraint("typeof(metric_value) = 'integer'", name=op.f('ck_statistics_cache_metric_value_whole')).ddl_if(dialect='sqlite'),
    sa.PrimaryKeyConstraint('metric_name', name=op.f('pk_statistics_cache')),
    sqlite_with_rowid=False,
    postgresql_with={'fillfactor': 50}
    )
    if op.get_bind().dialect.name == 'sqlite':
        # On PostgreSQL an index would keep each update from staying on its page.
        op.create_index('ix_statistics_cache_version', 'statistics_cache', ['version'], unique=False)
    op.create_table('sync_clock',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('epoch', sa.String(length=32), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='0', nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_sync_clock_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sync_clock'))
    )
    op.create_table('sync_status',
    sa.Column('table_name', sa.String(length=48), nullable=False),
    sa.Column('last_change_at', MOMENT, nullable=True),
    sa.Column('row_count', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('last_verified_at', MOMENT, nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('holder', sa.String(length=64), nullable=True),
    sa.Column('lease_until', MOMENT, nullable=True),
    sa.PrimaryKeyConstraint('table_name', name=op.f('pk_sync_status'))
    )
    op.create_table('system_notifications',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('type', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('message', sa.String(length=300), nullable=False),
    sa.Column('priority', sa.String(length=16), server_default='normal', nullable=False),
    sa.Column('target_roles', sa.String(length=120), server_default=',admin,principal,', nullable=False),
    sa.Column('action_url', sa.String(length=200), nullable=True),
    sa.Column('dedupe_key', sa.String(length=80), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('cleared_at', MOMENT, nullable=True),
    sa.Column('expires_at', MOMENT, nullable=True),
    sa.CheckConstraint("priority IN ('low', 'normal', 'high')", name=op.f('ck_system_notifications_priority_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_system_notifications')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_system_notifications_dedupe_key'), 'system_notifications', ['dedupe_key'], unique=False)
    op.create_table('user_activity_log',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('username', sa.String(length=64), server_default='system', nullable=False),
    sa.Column('activity_type', sa.String(length=48), nullable=False),
    sa.Column('description', sa.String(length=300), server_default='', nullable=False),
    sa.Column('activity_data', sa.JSON(), nullable=True),
    sa.Column('table_name', sa.String(length=48), nullable=True),
    sa.Column('record_id', sa.Integer(), nullable=True),
    sa.Column('ip_address', sa.String(length=45), nullable=True),
    sa.Column('timestamp', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_activity_log')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_user_activity_log_record', 'user_activity_log', ['table_name', 'record_id'], unique=False)
    op.create_index('ix_user_activity_log_timestamp', 'user_activity_log', ['timestamp'], unique=False)
    op.create_table('users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('full_name', sa.String(length=120), server_default='', nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('password_hash', sa.String(length=255), server_default='', nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default='1', nullable=False),
    sa.Column('auth_version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('last_login_at', MOMENT, nullable=True),
    sa.CheckConstraint("role IN ('admin', 'principal', 'bursar', 'registrar', 'teacher')", name=op.f('ck_users_role_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('username', name=op.f('uq_users_username')),
    sqlite_autoincrement=True
    )
    op.create_table('wall_displays',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=True),
    sa.Column('pairing_hash', sa.String(length=64), nullable=True),
    sa.Column('pairing_expires_at', MOMENT, nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('paired_at', MOMENT, nullable=True),
    sa.Column('last_seen_at', MOMENT, nullable=True),
    sa.Column('revoked_at', MOMENT, nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wall_displays')),
    sa.UniqueConstraint('name', name=op.f('uq_wall_displays_name')),
    sa.UniqueConstraint('pairing_hash', name=op.f('uq_wall_displays_pairing_hash')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_wall_displays_token_hash')),
    sqlite_autoincrement=True
    )
    op.create_table('write_context',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('username', sa.String(length=64), nullable=True),
    sa.Column('ip_address', sa.String(length=45), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_write_context_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_write_context'))
    )
    op.create_table('budget_plans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('category_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.String(length=200), server_default='', nullable=False),
    sa.CheckConstraint("typeof(amount) = 'integer'", name=op.f('ck_budget_plans_amount_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('amount BETWEEN 0 AND 1000000000000', name=op.f('ck_budget_plans_amount_bounds')),
    sa.CheckConstraint('ends_on > starts_on', name=op.f('ck_budget_plans_range')),
    sa.ForeignKeyConstraint(['category_id'], ['financial_categories.id'], name=op.f('fk_budget_plans_category_id_financial_categories')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_budget_plans')),
    sa.UniqueConstraint('category_id', 'starts_on', 'ends_on', name=op.f('uq_budget_plans_category_id_starts_on_ends_on')),
    sqlite_autoincrement=True
    )
    op.create_table('day_closes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=False),
    sa.Column('cashier_id', sa.Integer(), nullable=True),
    sa.Column('method', sa.String(length=16), nullable=False),
    sa.Column('expected', sa.BigInteger(), nullable=False),
    sa.Column('counted', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.String(length=200), server_default='', nullable=False),
    sa.Column('closed_by', sa.Integer(), nullable=True),
    sa.Column('closed_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.CheckConstraint("method IN ('cash', 'momo', 'bank', 'cheque', 'card')", name=op.f('ck_day_closes_method_known')),
    sa.CheckConstraint("typeof(counted) = 'integer'", name=op.f('ck_day_closes_counted_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint("typeof(expected) = 'integer'", name=op.f('ck_day_closes_expected_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('counted BETWEEN 0 AND 1000000000000', name=op.f('ck_day_closes_counted_bounds')),
    sa.CheckConstraint('expected BETWEEN -1000000000000 AND 1000000000000', name=op.f('ck_day_closes_expected_bounds')),
    sa.ForeignKeyConstraint(['cashier_id'], ['users.id'], name=op.f('fk_day_closes_cashier_id_users')),
    sa.ForeignKeyConstraint(['closed_by'], ['users.id'], name=op.f('fk_day_closes_closed_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_closes')),
    sa.UniqueConstraint('closed_on', 'cashier_id', 'method', name=op.f('uq_day_closes_closed_on_cashier_id_method')),
    sqlite_autoincrement=True
    )
    op.create_table('fee_types',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('category_id', sa.Integer(), nullable=True),
    sa.Column('is_active', sa.Boolean(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['category_id'], ['financial_categories.id'], name=op.f('fk_fee_types_category_id_financial_categories')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_types')),
    sa.UniqueConstraint('name', name=op.f('uq_fee_types_name')),
    sqlite_autoincrement=True
    )
    op.create_table('notification_reads',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('notification_id', sa.Integer(), nullable=False),
    sa.Column('read_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.ForeignKeyConstraint(['notification_id'], ['system_notifications.id'], name=op.f('fk_notification_reads_notification_id_system_notifications'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notification_reads_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_reads')),
    sa.UniqueConstraint('user_id', 'notification_id', name=op.f('uq_notification_reads_user_id_notification_id')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_notification_reads_notification_id'), 'notification_reads', ['notification_id'], unique=False)
    op.create_table('students',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('admission_no', sa.String(length=32), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=16), server_default='active', nullable=False),
    sa.Column('gender', sa.String(length=1), nullable=True),
    sa.Column('born_on', sa.Date(), nullable=True),
    sa.Column('admitted_on', sa.Date(), nullable=True),
    sa.Column('search_text', sa.String(length=200), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.CheckConstraint("gender IS NULL OR gender IN ('F', 'M')", name=op.f('ck_students_gender_known')),
    sa.CheckConstraint("status IN ('active', 'graduated', 'transferred', 'withdrawn')", name=op.f('ck_students_status_known')),
    sa.ForeignKeyConstraint(['class_id'], ['classes.id'], name=op.f('fk_students_class_id_classes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_students')),
    sa.UniqueConstraint('admission_no', name=op.f('uq_students_admission_no')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_students_class_id'), 'students', ['class_id'], unique=False)
    op.create_index('ix_students_name', 'students', ['last_name', 'first_name'], unique=False)
    op.create_index('ix_students_search', 'students', ['search_text'], unique=False)
    op.create_table('teachers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('staff_no', sa.String(length=32), nullable=True),
    sa.Column('phone', sa.String(length=32), nullable=True),
    sa.Column('email', sa.String(length=120), nullable=True),
    sa.Column('hired_on', sa.Date(), nullable=True),
    sa.Column('status', sa.String(length=16), server_default='active', nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.CheckConstraint("status IN ('active', 'left')", name=op.f('ck_teachers_status_known')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_teachers_user_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teachers')),
    sa.UniqueConstraint('staff_no', name=op.f('uq_teachers_staff_no')),
    sa.UniqueConstraint('user_id', name=op.f('uq_teachers_user_id')),
    sqlite_autoincrement=True
    )
    op.create_table('terms',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('academic_year_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('collection_target', sa.BigInteger(), server_default='0', nullable=False),
    sa.CheckConstraint("typeof(collection_target) = 'integer'", name=op.f('ck_terms_collection_target_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('collection_target BETWEEN 0 AND 1000000000000', name=op.f('ck_terms_collection_target_bounds')),
    sa.CheckConstraint('ends_on > starts_on', name=op.f('ck_terms_range')),
    sa.ForeignKeyConstraint(['academic_year_id'], ['academic_years.id'], name=op.f('fk_terms_academic_year_id_academic_years')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_terms')),
    sa.UniqueConstraint('academic_year_id', 'name', name=op.f('uq_terms_academic_year_id_name')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_terms_starts_on'), 'terms', ['starts_on'], unique=False)
    op.create_table('user_sessions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('auth_version', sa.Integer(), nullable=False),
    sa.Column('ip_address', sa.String(length=45), server_default='', nullable=False),
    sa.Column('user_agent', sa.String(length=200), server_default='', nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('last_seen_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('expires_at', MOMENT, nullable=False),
    sa.Column('ended_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_sessions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_sessions')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_user_sessions_token_hash')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_user_sessions_live', 'user_sessions', ['user_id', 'ended_at'], unique=False)
    op.create_index(op.f('ix_user_sessions_user_id'), 'user_sessions', ['user_id'], unique=False)
    op.create_table('attendance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('recorded_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.CheckConstraint("status IN ('present', 'absent', 'late', 'excused')", name=op.f('ck_attendance_status_known')),
    sa.ForeignKeyConstraint(['class_id'], ['classes.id'], name=op.f('fk_attendance_class_id_classes')),
    sa.ForeignKeyConstraint(['recorded_by'], ['users.id'], name=op.f('fk_attendance_recorded_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['student_id'], ['students.id'], name=op.f('fk_attendance_student_id_students'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('student_id', 'date', name=op.f('uq_attendance_student_id_date')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_attendance_class_id'), 'attendance', ['class_id'], unique=False)
    op.create_index(op.f('ix_attendance_date'), 'attendance', ['date'], unique=False)
    op.create_table('enrolments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('academic_year_id', sa.Integer(), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.ForeignKeyConstraint(['academic_year_id'], ['academic_years.id'], name=op.f('fk_enrolments_academic_year_id_academic_years')),
    sa.ForeignKeyConstraint(['class_id'], ['classes.id'], name=op.f('fk_enrolments_class_id_classes')),
    sa.ForeignKeyConstraint(['student_id'], ['students.id'], name=op.f('fk_enrolments_student_id_students'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolments')),
    sa.UniqueConstraint('student_id', 'academic_year_id', name=op.f('uq_enrolments_student_id_academic_year_id')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_enrolments_academic_year_id'), 'enrolments', ['academic_year_id'], unique=False)
    op.create_table('fee_structures',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=True),
    sa.Column('term_id', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.ForeignKeyConstraint(['class_id'], ['classes.id'], name=op.f('fk_fee_structures_class_id_classes')),
    sa.ForeignKeyConstraint(['term_id'], ['terms.id'], name=op.f('fk_fee_structures_term_id_terms')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_structures')),
    sa.UniqueConstraint('class_id', 'term_id', 'name', name=op.f('uq_fee_structures_class_id_term_id_name')),
    sqlite_autoincrement=True
    )
    op.create_table('payments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('receipt_no', sa.String(length=32), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.String(length=16), nullable=False),
    sa.Column('external_reference', sa.String(length=64), nullable=True),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('received_by', sa.Integer(), nullable=True),
    sa.Column('request_key', sa.String(length=255), nullable=True),
    sa.Column('request_hash', sa.String(length=64), nullable=True),
    sa.Column('replaces_id', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('voided_at', MOMENT, nullable=True),
    sa.Column('voided_by', sa.Integer(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint("method IN ('cash', 'momo', 'bank', 'cheque', 'card')", name=op.f('ck_payments_method_known')),
    sa.CheckConstraint("typeof(amount) = 'integer'", name=op.f('ck_payments_amount_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('amount BETWEEN 1 AND 1000000000000', name=op.f('ck_payments_amount_bounds')),
    sa.CheckConstraint('voided_at IS NULL OR void_reason IS NOT NULL', name=op.f('ck_payments_void_has_reason')),
    sa.ForeignKeyConstraint(['received_by'], ['users.id'], name=op.f('fk_payments_received_by_users')),
    sa.ForeignKeyConstraint(['replaces_id'], ['payments.id'], name=op.f('fk_payments_replaces_id_payments')),
    sa.ForeignKeyConstraint(['student_id'], ['students.id'], name=op.f('fk_payments_student_id_students')),
    sa.ForeignKeyConstraint(['voided_by'], ['users.id'], name=op.f('fk_payments_voided_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payments')),
    sa.UniqueConstraint('receipt_no', name=op.f('uq_payments_receipt_no')),
    sa.UniqueConstraint('request_key', name=op.f('uq_payments_request_key')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_payments_external_reference'), 'payments', ['external_reference'], unique=False)
    op.create_index(op.f('ix_payments_paid_on'), 'payments', ['paid_on'], unique=False)
    op.create_index(op.f('ix_payments_replaces_id'), 'payments', ['replaces_id'], unique=False)
    op.create_index(op.f('ix_payments_student_id'), 'payments', ['student_id'], unique=False)
    op.create_table('promotions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('from_class_id', sa.Integer(), nullable=True),
    sa.Column('to_class_id', sa.Integer(), nullable=True),
    sa.Column('academic_year_id', sa.Integer(), nullable=True),
    sa.Column('academic_year', sa.String(length=32), server_default='', nullable=False),
    sa.Column('promoted_on', sa.Date(), nullable=False),
    sa.Column('decision', sa.String(length=16), server_default='promoted', nullable=False),
    sa.Column('run_id', sa.String(length=36), nullable=True),
    sa.Column('promoted_by', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('undone_at', MOMENT, nullable=True),
    sa.CheckConstraint("decision IN ('promoted', 'repeated', 'graduated', 'moved')", name=op.f('ck_promotions_decision_known')),
    sa.ForeignKeyConstraint(['academic_year_id'], ['academic_years.id'], name=op.f('fk_promotions_academic_year_id_academic_years')),
    sa.ForeignKeyConstraint(['from_class_id'], ['classes.id'], name=op.f('fk_promotions_from_class_id_classes')),
    sa.ForeignKeyConstraint(['promoted_by'], ['users.id'], name=op.f('fk_promotions_promoted_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['student_id'], ['students.id'], name=op.f('fk_promotions_student_id_students'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['to_class_id'], ['classes.id'], name=op.f('fk_promotions_to_class_id_classes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promotions')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_promotions_run_id'), 'promotions', ['run_id'], unique=False)
    op.create_index(op.f('ix_promotions_student_id'), 'promotions', ['student_id'], unique=False)
    op.create_table('student_balances',
    sa.Column('student_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=True),
    sa.Column('billed', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('adjusted', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('paid', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('arrears', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('credit', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('is_high', sa.Boolean(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['student_id'], ['students.id'], name=op.f('fk_student_balances_student_id_students'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('student_id', name=op.f('pk_student_balances'))
    )
    op.create_index('ix_student_balances_arrears', 'student_balances', ['arrears'], unique=False)
    op.create_table('student_guardians',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('guardian_id', sa.Integer(), nullable=False),
    sa.Column('relationship_name', sa.String(length=32), server_default='', nullable=False),
    sa.Column('pays_fees', sa.Boolean(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['guardian_id'], ['guardians.id'], name=op.f('fk_student_guardians_guardian_id_guardians'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['student_id'], ['students.id'], name=op.f('fk_student_guardians_student_id_students'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_student_guardians')),
    sa.UniqueConstraint('student_id', 'guardian_id', name=op.f('uq_student_guardians_student_id_guardian_id')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_student_guardians_guardian_id'), 'student_guardians', ['guardian_id'], unique=False)
    op.create_table('teacher_assignments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('teacher_id', sa.Integer(), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=64), server_default='', nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint('ends_on IS NULL OR ends_on > starts_on', name=op.f('ck_teacher_assignments_range')),
    sa.ForeignKeyConstraint(['class_id'], ['classes.id'], name=op.f('fk_teacher_assignments_class_id_classes'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['teacher_id'], ['teachers.id'], name=op.f('fk_teacher_assignments_teacher_id_teachers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teacher_assignments')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_teacher_assignments_class_id'), 'teacher_assignments', ['class_id'], unique=False)
    op.create_index(op.f('ix_teacher_assignments_teacher_id'), 'teacher_assignments', ['teacher_id'], unique=False)
    op.create_table('billing_runs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fee_structure_id', sa.Integer(), nullable=True),
    sa.Column('term_id', sa.Integer(), nullable=True),
    sa.Column('fee_count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('total', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('undone_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_billing_runs_created_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['fee_structure_id'], ['fee_structures.id'], name=op.f('fk_billing_runs_fee_structure_id_fee_structures')),
    sa.ForeignKeyConstraint(['term_id'], ['terms.id'], name=op.f('fk_billing_runs_term_id_terms')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_billing_runs')),
    sqlite_autoincrement=True
    )
    op.create_table('fee_structure_items',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fee_structure_id', sa.Integer(), nullable=False),
    sa.Column('fee_type_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.CheckConstraint("typeof(amount) = 'integer'", name=op.f('ck_fee_structure_items_amount_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('amount BETWEEN 1 AND 1000000000000', name=op.f('ck_fee_structure_items_amount_bounds')),
    sa.ForeignKeyConstraint(['fee_structure_id'], ['fee_structures.id'], name=op.f('fk_fee_structure_items_fee_structure_id_fee_structures'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['fee_type_id'], ['fee_types.id'], name=op.f('fk_fee_structure_items_fee_type_id_fee_types')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_structure_items')),
    sa.UniqueConstraint('fee_structure_id', 'fee_type_id', name=op.f('uq_fee_structure_items_fee_structure_id_fee_type_id')),
    sqlite_autoincrement=True
    )
    op.create_table('fees',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('fee_type_id', sa.Integer(), nullable=True),
    sa.Column('term_id', sa.Integer(), nullable=True),
    sa.Column('billing_run_id', sa.Integer(), nullable=True),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('month', sa.Integer(), nullable=True),
    sa.Column('description', sa.String(length=200), server_default='', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('amount_due', sa.BigInteger(), nullable=False),
    sa.Column('amount_adjusted', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('amount_paid', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('arrears', sa.BigInteger(), sa.Computed('CASE WHEN cancelled_at IS NULL AND amount_due - amount_adjusted > amount_paid THEN amount_due - amount_adjusted - amount_paid ELSE 0 END', persisted=True), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('request_key', sa.String(length=255), nullable=True),
    sa.Column('request_hash', sa.String(length=64), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('cancelled_at', MOMENT, nullable=True),
    sa.Column('cancelled_by', sa.Integer(), nullable=True),
    sa.Column('cancel_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint("typeof(amount_adjusted) = 'integer'", name=op.f('ck_fees_amount_adjusted_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint("typeof(amount_due) = 'integer'", name=op.f('ck_fees_amount_due_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint("typeof(amount_paid) = 'integer'", name=op.f('ck_fees_amount_paid_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('amount_adjusted <= amount_due', name=op.f('ck_fees_adjusted_within_due')),
    sa.CheckConstraint('amount_adjusted BETWEEN 0 AND 1000000000000', name=op.f('ck_fees_amount_adjusted_bounds')),
    sa.CheckConstraint('amount_due BETWEEN 0 AND 1000000000000', name=op.f('ck_fees_amount_due_bounds')),
    sa.CheckConstraint('amount_paid BETWEEN 0 AND 1000000000000', name=op.f('ck_fees_amount_paid_bounds')),
    sa.CheckConstraint('month IS NULL OR month BETWEEN 1 AND 12', name=op.f('ck_fees_month_of_year')),
    sa.ForeignKeyConstraint(['billing_run_id'], ['billing_runs.id'], name=op.f('fk_fees_billing_run_id_billing_runs')),
    sa.ForeignKeyConstraint(['cancelled_by'], ['users.id'], name=op.f('fk_fees_cancelled_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_fees_created_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['fee_type_id'], ['fee_types.id'], name=op.f('fk_fees_fee_type_id_fee_types')),
    sa.ForeignKeyConstraint(['student_id'], ['students.id'], name=op.f('fk_fees_student_id_students')),
    sa.ForeignKeyConstraint(['term_id'], ['terms.id'], name=op.f('fk_fees_term_id_terms')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fees')),
    sa.UniqueConstraint('billing_run_id', 'student_id', 'fee_type_id', name=op.f('uq_fees_billing_run_id_student_id_fee_type_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_fees_request_key')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_fees_fee_type_id'), 'fees', ['fee_type_id'], unique=False)
    op.create_index('ix_fees_open', 'fees', ['due_on'], unique=False, sqlite_where=sa.text('arrears > 0'), postgresql_where=sa.text('arrears > 0'))
    op.create_index('ix_fees_student_id_due_on', 'fees', ['student_id', 'due_on'], unique=False)
    op.create_index(op.f('ix_fees_term_id'), 'fees', ['term_id'], unique=False)
    op.create_table('fee_adjustments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fee_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('undone_at', MOMENT, nullable=True),
    sa.CheckConstraint("kind IN ('discount', 'scholarship', 'waiver', 'write_off')", name=op.f('ck_fee_adjustments_kind_known')),
    sa.CheckConstraint("typeof(amount) = 'integer'", name=op.f('ck_fee_adjustments_amount_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('amount BETWEEN 1 AND 1000000000000', name=op.f('ck_fee_adjustments_amount_bounds')),
    sa.ForeignKeyConstraint(['approved_by'], ['users.id'], name=op.f('fk_fee_adjustments_approved_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['fee_id'], ['fees.id'], name=op.f('fk_fee_adjustments_fee_id_fees')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_adjustments')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_fee_adjustments_fee_id'), 'fee_adjustments', ['fee_id'], unique=False)
    op.create_table('payment_allocations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('payment_id', sa.Integer(), nullable=False),
    sa.Column('fee_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.CheckConstraint("typeof(amount) = 'integer'", name=op.f('ck_payment_allocations_amount_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('amount BETWEEN 1 AND 1000000000000', name=op.f('ck_payment_allocations_amount_bounds')),
    sa.ForeignKeyConstraint(['fee_id'], ['fees.id'], name=op.f('fk_payment_allocations_fee_id_fees')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_payment_allocations_payment_id_payments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_allocations')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_payment_allocations_fee_id', 'payment_allocations', ['fee_id', 'payment_id', 'amount'], unique=False)
    op.create_index('ix_payment_allocations_payment_id', 'payment_allocations', ['payment_id', 'amount'], unique=False)
    op.create_table('financial_transactions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('transaction_date', sa.Date(), nullable=False),
    sa.Column('category_id', sa.Integer(), nullable=False),
    sa.Column('type', sa.String(length=16), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('description', sa.String(length=200), server_default='', nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=True),
    sa.Column('payment_method', sa.String(length=16), server_default='cash', nullable=False),
    sa.Column('payment_id', sa.Integer(), nullable=True),
    sa.Column('allocation_id', sa.Integer(), nullable=True),
    sa.Column('reverses_id', sa.Integer(), nullable=True),
    sa.Column('request_key', sa.String(length=255), nullable=True),
    sa.Column('request_hash', sa.String(length=64), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.CheckConstraint("coalesce(payment_id, allocation_id, reverses_id) IS NOT NULL OR reference IS NULL OR (upper(reference) NOT LIKE 'FEE-%' AND upper(reference) NOT LIKE 'CREDIT-%')", name=op.f('ck_financial_transactions_reference_of_receipts')),
    sa.CheckConstraint("payment_method IN ('cash', 'momo', 'bank', 'cheque', 'card')", name=op.f('ck_financial_transactions_payment_method_known')),
    sa.CheckConstraint("type IN ('income', 'expense')", name=op.f('ck_financial_transactions_type_known')),
    sa.CheckConstraint("typeof(amount) = 'integer'", name=op.f('ck_financial_transactions_amount_whole')).ddl_if(dialect='sqlite'),
    sa.CheckConstraint('amount > 0 OR (amount < 0 AND coalesce(payment_id, reverses_id) IS NOT NULL)', name=op.f('ck_financial_transactions_amount_sign')),
    sa.CheckConstraint('amount BETWEEN -1000000000000 AND 1000000000000', name=op.f('ck_financial_transactions_amount_bounds')),
    sa.ForeignKeyConstraint(['allocation_id'], ['payment_allocations.id'], name=op.f('fk_financial_transactions_allocation_id_payment_allocations')),
    sa.ForeignKeyConstraint(['category_id'], ['financial_categories.id'], name=op.f('fk_financial_transactions_category_id_financial_categories')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_financial_transactions_created_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_financial_transactions_payment_id_payments')),
    sa.ForeignKeyConstraint(['reverses_id'], ['financial_transactions.id'], name=op.f('fk_financial_transactions_reverses_id_financial_transactions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_financial_transactions')),
    sa.UniqueConstraint('allocation_id', name=op.f('uq_financial_transactions_allocation_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_financial_transactions_request_key')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_financial_transactions_reverses_id')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_financial_transactions_category_date', 'financial_transactions', ['category_id', 'transaction_date'], unique=False)
    op.create_index('ix_financial_transactions_date_type', 'financial_transactions', ['transaction_date', 'type'], unique=False)
    op.create_index(op.f('ix_financial_transactions_payment_id'), 'financial_transactions', ['payment_id'], unique=False)
    op.create_index(op.f('ix_financial_transactions_reference'), 'financial_transactions', ['reference'], unique=False)
    op.create_index(op.f('ix_financial_transactions_transaction_date'), 'financial_transactions', ['transaction_date'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_financial_transactions_transaction_date'), table_name='financial_transactions')
    op.drop_index(op.f('ix_financial_transactions_reference'), table_name='financial_transactions')
    op.drop_index(op.f('ix_financial_transactions_payment_id'), table_name='financial_transactions')
    op.drop_index('ix_financial_transactions_date_type', table_name='financial_transactions')
    op.drop_index('ix_financial_transactions_category_date', table_name='financial_transactions')
    op.drop_table('financial_transactions')
    op.drop_index('ix_payment_allocations_payment_id', table_name='payment_allocations')
    op.drop_index('ix_payment_allocations_fee_id', table_name='payment_allocations')
    op.drop_table('payment_allocations')
    op.drop_index(op.f('ix_fee_adjustments_fee_id'), table_name='fee_adjustments')
    op.drop_table('fee_adjustments')
    op.drop_index(op.f('ix_fees_term_id'), table_name='fees')
    op.drop_index('ix_fees_student_id_due_on', table_name='fees')
    op.drop_index('ix_fees_open', table_name='fees', sqlite_where=sa.text('arrears > 0'), postgresql_where=sa.text('arrears > 0'))
    op.drop_index(op.f('ix_fees_fee_type_id'), table_name='fees')
    op.drop_table('fees')
    op.drop_table('fee_structure_items')
    op.drop_table('billing_runs')
    op.drop_index(op.f('ix_teacher_assignments_teacher_id'), table_name='teacher_assignments')
    op.drop_index(op.f('ix_teacher_assignments_class_id'), table_name='teacher_assignments')
    op.drop_table('teacher_assignments')
    op.drop_index(op.f('ix_student_guardians_guardian_id'), table_name='student_guardians')
    op.drop_table('student_guardians')
    op.drop_index('ix_student_balances_arrears', table_name='student_balances')
    op.drop_table('student_balances')
    op.drop_index(op.f('ix_promotions_student_id'), table_name='promotions')
    op.drop_index(op.f('ix_promotions_run_id'), table_name='promotions')
    op.drop_table('promotions')
    op.drop_index(op.f('ix_payments_replaces_id'), table_name='payments')
    op.drop_index(op.f('ix_payments_student_id'), table_name='payments')
    op.drop_index(op.f('ix_payments_paid_on'), table_name='payments')
    op.drop_index(op.f('ix_payments_external_reference'), table_name='payments')
    op.drop_table('payments')
    op.drop_table('fee_structures')
    op.drop_index(op.f('ix_enrolments_academic_year_id'), table_name='enrolments')
    op.drop_table('enrolments')
    op.drop_index(op.f('ix_attendance_date'), table_name='attendance')
    op.drop_index(op.f('ix_attendance_class_id'), table_name='attendance')
    op.drop_table('attendance')
    op.drop_index(op.f('ix_user_sessions_user_id'), table_name='user_sessions')
    op.drop_index('ix_user_sessions_live', table_name='user_sessions')
    op.drop_table('user_sessions')
    op.drop_index(op.f('ix_terms_starts_on'), table_name='terms')
    op.drop_table('terms')
    op.drop_table('teachers')
    op.drop_index('ix_students_search', table_name='students')
    op.drop_index('ix_students_name', table_name='students')
    op.drop_index(op.f('ix_students_class_id'), table_name='students')
    op.drop_table('students')
    op.drop_index(op.f('ix_notification_reads_notification_id'), table_name='notification_reads')
    op.drop_table('notification_reads')
    op.drop_table('fee_types')
    op.drop_table('day_closes')
    op.drop_table('budget_plans')
    op.drop_table('write_context')
    op.drop_table('wall_displays')
    op.drop_table('users')
    op.drop_index('ix_user_activity_log_timestamp', table_name='user_activity_log')
    op.drop_index('ix_user_activity_log_record', table_name='user_activity_log')
    op.drop_table('user_activity_log')
    op.drop_index(op.f('ix_system_notifications_dedupe_key'), table_name='system_notifications')
    op.drop_table('system_notifications')
    op.drop_table('sync_status')
    op.drop_table('sync_clock')
    if op.get_bind().dialect.name == 'sqlite':
        op.drop_index('ix_statistics_cache_version', table_name='statistics_cache')
    op.drop_table('statistics_cache')
    op.drop_table('setup_links')
    op.drop_table('settings')
    op.drop_table('outbox')
    op.drop_index(op.f('ix_guardians_phone'), table_name='guardians')
    op.drop_table('guardians')
    op.drop_table('financial_categories')
    op.drop_table('counters')
    op.drop_table('classes')
    op.drop_table('api_tokens')
    op.drop_table('activity_seals')
    op.drop_index(op.f('ix_academic_years_starts_on'), table_name='academic_years')
    op.drop_table('academic_years')
