"""House rules: the team's policies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from services.catalog.domain.resources import Resource
from services.kit.errors import Aborted

MAX_TERMS = 500  # with these and the bytes, one state of the feed stays far below what a message carries
MAX_RETIREMENTS = 1000
MAX_BYTES = 512 * 1024
MAX_NAME, MAX_VERSION, MAX_CODE, MAX_SOURCE = 200, 50, 100, 500
MAX_LIST_FILE = 1 << 20
MAX_NOTICE_DAYS = 90
# Assumed until a team says better: hours that a minute of review is worth from which a suggestion is for now (a minute
# saves half an hour), and for this week (a minute saves six).
NOW_FROM, THIS_WEEK_FROM = 0.5, 0.1


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
class NeverArchived:
    """Resources that are never archived: what is said must fit, an empty word fits all."""

    kind: str = ""
    source: str = ""
    title: str = ""
    reason: str = ""

    def covers(self, resource: Resource) -> bool:
        """Whether the resource is one of them."""
        sources = {each.source for each in resource.listings}
        return self.fits(str(resource.shown("kind") or ""), resource.title, sources)

    def fits(self, kind: str, title: str, sources: Collection[str]) -> bool:
        """Whether a resource of that kind and title, listed by these sources, is one of them."""
        return (
            self.kind in ("", kind)
            and (not self.source or self.source in sources)
            and self.title.casefold() in title.casefold()
        )

    @property
    def words(self) -> str:
        """The rule in words, for the middle of a sentence."""
        said = [
            f"of the kind “{self.kind}”" if self.kind else "",
            f"from {self.source}" if self.source else "",
        ]
        said.append(f"with “{self.title}” in its title" if self.title else "")
        return f"what is {' and '.join(filter(None, said))} is never archived" + (
            f": {self.reason}" if self.reason else ""
        )


@dataclass(frozen=True, slots=True)
class ReviewInterval:
    """Months between two reviews of a class of content."""

    content_class: str
    months: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What the order of suggestions weighs; `harm_hours` and `review_minutes` by risk, empty for what is assumed.

    `now_from` and `this_week_from` are priorities, in hours a minute of review. None for what is assumed.
    """

    harm_hours: tuple[float, ...] = ()
    review_minutes: tuple[float, ...] = ()
    maintenance_hours: Mapping[str, float] = field(default_factory=dict[str, float])
    exposed_hours: float | None = None
    now_from: float | None = None
    this_week_from: float | None = None

    @property
    def bands(self) -> tuple[float, float]:
        """From which priority a suggestion is for now, and from which for this week."""
        return (
            NOW_FROM if self.now_from is None else self.now_from,
            THIS_WEEK_FROM if self.this_week_from is None else self.this_week_from,
        )


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
    min_resource_owners: int = 0
    min_program_owners: int = 0
    never_archived: tuple[NeverArchived, ...] = ()
    review_intervals: tuple[ReviewInterval, ...] = ()
    first_slots: int | None = None
    slots: int | None = None
    decided_enough: int | None = None
    weights: Weights = field(default_factory=Weights)
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
    *(
        "retired_vocabulary",
        "retirements",
        "check_links",
        "notice_days_r2",
        "notice_days_r3",
        "required_fields",
    ),
    *(
        "min_resource_owners",
        "min_program_owners",
        "never_archived",
        "review_intervals",
        "first_slots",
        "slots",
    ),
    *("decided_enough", "weights"),
)
"""The policies that can be set one by one."""
CLASSES = (
    *("news", "product", "software", "compliance", "policy", "procedure", "concepts", "skills", "evergreen"),
    "general",
)
"""Classes of content by how fast they age (behaviour.md §4)."""
