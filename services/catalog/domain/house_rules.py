"""House rules: the team's policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.kit.errors import Aborted

MAX_TERMS = 500  # with these and the bytes, one state of the feed stays far below what a message carries
MAX_RETIREMENTS = 1000
MAX_BYTES = 512 * 1024
MAX_NAME, MAX_VERSION, MAX_CODE, MAX_SOURCE = 200, 50, 100, 500
MAX_LIST_FILE = 1 << 20
MAX_NOTICE_DAYS = 90


@dataclass(frozen=True, slots=True)
class RetiredTerm:
    """A word that is wrong from `since` on (None: since ever), and what is said instead (empty: nothing)."""

    term: str
    replacement: str = ""
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Retirement:
    """One line of a vendor's list: a version of a product, or a course or exam with its `code`, and its last day."""

    end: date
    product: str = ""
    version: str = ""
    code: str = ""
    replacement: str = ""
    source: str = ""
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class HouseRules:
    """All policies. `version` makes the etag and is 0, as `update_time` is None, before they are first set.

    `notice_days_r2` and `notice_days_r3`: None for what the deployment gives. `required_fields`: without which nothing
    is published, beside the title.
    """

    retired_vocabulary: tuple[RetiredTerm, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    check_links: bool = False
    notice_days_r2: int | None = None
    notice_days_r3: int | None = None
    required_fields: tuple[str, ...] = ()
    version: int = 0
    author: str = ""
    update_time: datetime | None = None

    @property
    def etag(self) -> str:
        """Names this state; quoted, as AIP-154 says."""
        return f'"{self.version}"'

    def check_etag(self, etag: str) -> None:
        """Aborted with the current state when `etag` is given and stale."""
        if etag and etag != self.etag:
            raise Aborted(
                "ETAG_STALE",
                "Somebody changed the house rules first.",
                {"name": "houseRules"},
                details=[self],
            )


FIELDS = (
    "retired_vocabulary",
    "retirements",
    "check_links",
    "notice_days_r2",
    "notice_days_r3",
    "required_fields",
)
"""The policies that can be set one by one."""
