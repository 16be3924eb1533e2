"""How this installation reaches people outside the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Post:
    """Whether there is mail, and under which address people find the page (without a slash at its end)."""

    mail: bool = False
    public_url: str = ""
