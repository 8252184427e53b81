"""PostgreSQL: the tables, the statements over them, and nothing that decides anything."""
