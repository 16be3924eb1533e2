"""The real servers that `winnow up` brings along: PostgreSQL and nats-server from their wheels."""
