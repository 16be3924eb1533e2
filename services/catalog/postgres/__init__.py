"""Every SQL statement of the catalog's core: rows in, domain values out. A module a noun."""
