"""The facts of the module as tables: one row a fact, each row with its source."""
