"""Pure rules of the school office: no Flask, no database, no clock."""
