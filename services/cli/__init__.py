"""The `winnow` command: runs Winnow on one machine, and speaks to it over its public API."""
