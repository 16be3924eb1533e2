"""How long what looks at the whole catalog takes: insights, broken house rules, and copies decided together."""
