"""What people write beside things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MAX_TEXT = 4000
LEARNERS_TOLD = "learners_told"
"""Says of a suggestion that learners know what its plan has changed."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words of one person on `parent`, a suggestion's, resource's or program's name; people are ids.

    `asked` is whom it asks, `task` the id of the question that it asks or answers, `says` what it says beside its
    words; empty where there is none.
    """

    id: str
    parent: str
    author: str
    text: str
    create_time: datetime
    asked: str = ""
    task: str = ""
    says: str = ""
