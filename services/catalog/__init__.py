"""The catalog: the truth about resources, programs, people, engagement, imports and review."""
