"""Any Postgres: the data folder, the embedded server, pools and migrations. It knows no table."""
