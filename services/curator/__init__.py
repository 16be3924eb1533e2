"""Knows what is true about content: embeds, indexes, finds and proposes. All of it can be rebuilt from the catalog."""
