"""How a block is named in Qdrant, embedded or not."""

from __future__ import annotations


def point_id(text_hash: str) -> str:
    """The UUID under which a block stands: the first 128 bits of its SHA-256."""
    return f"{text_hash[:8]}-{text_hash[8:12]}-{text_hash[12:16]}-{text_hash[16:20]}-{text_hash[20:32]}"
