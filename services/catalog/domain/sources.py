"""Sources: where listings come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

DEFAULT_RHYTHM_DAYS = 35  # behaviour.md §7
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Source:
    """An LMS, a documentation tree or an export.

    `no_learners` is what was declared (None: nothing was); `from_files` says that importing files made it.
    `engagement_time` is when engagement for its listings last arrived.
    """

    id: str
    display_name: str
    rhythm_days: int = 0
    no_learners: bool | None = None
    from_files: bool = False
    import_time: datetime | None = None
    engagement_time: datetime | None = None

    @property
    def without_learners(self) -> bool:
        """Whether missing engagement means nothing: declared so, or made by files and no engagement has come yet."""
        if self.no_learners is not None:
            return self.no_learners
        return self.from_files and self.engagement_time is None

    @property
    def rhythm(self) -> int:
        """Days within which its engagement is expected."""
        return self.rhythm_days or DEFAULT_RHYTHM_DAYS
