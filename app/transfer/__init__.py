"""A whole school on its way: from SQLite to PostgreSQL, into a backup, and back out of one."""
