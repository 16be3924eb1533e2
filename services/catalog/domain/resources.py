"""Resources: what a learner can open, as their sources show them and as Winnow wants them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from enum import StrEnum

from services.catalog.domain.values import NOBODY, Desired, Drift, settled, with_desired
from services.kit.errors import Aborted

MAX_LINKS = 200


class Lifecycle(StrEnum):
    """Whether learners can find and open a resource."""

    PUBLISHED = "PUBLISHED"
    UNLISTED = "UNLISTED"
    DEPRECATED = "DEPRECATED"
    ARCHIVED = "ARCHIVED"


class Visibility(StrEnum):
    """Whether one source shows a listing to learners."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    ARCHIVED = "archived"


WANTED_VISIBILITY = {
    Lifecycle.PUBLISHED: Visibility.VISIBLE,
    Lifecycle.UNLISTED: Visibility.HIDDEN,
    Lifecycle.ARCHIVED: Visibility.ARCHIVED,
}
"""What a source can express of a lifecycle; DEPRECATED is Winnow's own word."""

CATALOG_ROWS = frozenset({"csv", "xlsx"})
LIVE = frozenset({"api", "moodle", "canvas"})
PACKAGES = frozenset({"scorm", "cmi5", "cc", "mbz", "h5p", "olx", "qti", "aicc", "zip", "tar"})


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a text; `location` is unique inside the resource, `text` is light Markdown."""

    title: str
    location: str
    text: str


Outline = tuple[Part, ...]


def content_hash(outline: Sequence[Part]) -> str:
    """SHA-256 (hex) of the texts in order; empty when there is no text."""
    texts = [part.text for part in outline if part.text]
    if not texts:
        return ""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def outline_hash(outline: Sequence[Part]) -> str:
    """SHA-256 (hex) of the texts with their titles and places; empty when there is no text."""
    if not any(part.text for part in outline):
        return ""
    digest = hashlib.sha256()
    for part in outline:
        for value in (part.title, part.location, part.text):
            digest.update(value.encode() + b"\0")
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Observed:
    """What one source says of a resource; what it does not say is empty. `link_texts` are the words of `links`."""

    title: str = ""
    description: str = ""
    kind: str = ""
    language: str = ""
    url: str = ""
    version: str = ""
    owner: str = ""
    mandatory: bool | None = None
    certification: bool | None = None
    accessible_form: bool | None = None
    duration_seconds: int = 0
    created: date | None = None
    updated: date | None = None
    review_date: date | None = None
    expires: date | None = None
    reviewed: date | None = None
    objectives: tuple[str, ...] = ()
    audience: str = ""
    links: tuple[str, ...] = ()
    link_texts: tuple[str, ...] = ()


OBSERVED_FIELDS = tuple(entry.name for entry in fields(Observed))
OWN_FIELDS = ("successor", "equivalents", "hold", "hold_end")
"""Kept on the resource alone: no source knows them."""
WRITTEN_BACK = frozenset(
    {
        *("title", "description", "kind", "language", "url", "version", "mandatory", "duration_seconds"),
        *("certification", "accessible_form", "objectives", "lifecycle"),
    }
)
"""Fields that a source can express; the others are Winnow's own and make no change line."""


def rank_of(listing_format: str) -> int:
    """Place in the order in which values win: 0 catalog row, 1 live LMS, 2 package, 3 document (design §4.2)."""
    if listing_format in CATALOG_ROWS:
        return 0
    if listing_format in LIVE:
        return 1
    return 2 if listing_format in PACKAGES else 3


@dataclass(frozen=True, slots=True)
class Listing:
    """How one source shows a resource; (source, external_id) is unique.

    `file` is what the source names, `origin` the path inside the import that brought it, `identifiers` are
    other names it goes by (a package's manifest identifiers). `described_only`: its text is its description and
    nothing more. `import_number` orders listings of one rank:
    the number of the import in which it last changed. `home` is the resource that it came to first: a joined
    resource gets it back when the join is undone.
    """

    source: str
    external_id: str
    format: str
    observed: Observed
    file: str = ""
    origin: str = ""
    identifiers: tuple[str, ...] = ()
    visibility: Visibility = Visibility.VISIBLE
    gone: bool = False
    outline_hash: str = ""
    content_hash: str = ""
    described_only: bool = False
    import_number: int = 0
    home: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Source and external id."""
        return (self.source, self.external_id)

    @property
    def rank(self) -> int:
        """Place in the order in which values win."""
        return rank_of(self.format)


def in_order(listings: Sequence[Listing]) -> tuple[Listing, ...]:
    """Listings in the order in which their values win: those that are there, then by rank, newest import first."""
    return tuple(
        sorted(listings, key=lambda entry: (entry.gone, entry.rank, -entry.import_number, *entry.key))
    )


def title_of(listings: Sequence[Listing], wanted: object | None) -> str:
    """The title that a resource has by its listings, in the order in which they win, and by what is wanted (or None).

    Never empty: the smallest external id stands in.
    """
    said = next((each.observed.title for each in listings if each.observed.title), "")
    title = said if wanted is None else wanted
    return title if isinstance(title, str) and title else min(each.key for each in listings)[1]


@dataclass(frozen=True, slots=True)
class Titled:
    """A resource by its present name, its title and the language of both (BCP 47, or empty)."""

    id: str
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing a learner can open on its own.

    `version` makes the etag; `revision` is the feed's (0 before the first commit). `listings` are in the order
    in which their values win. `aliases` are names of resources that were joined to this one. `unlist_time`: since when
    Winnow keeps it out of lists; it stays when the sources hide it too, and ends when one of them lists it.
    `hold_end` is the last day of the hold, None for one without end.
    """

    id: str
    version: int
    revision: int
    create_time: datetime
    update_time: datetime
    listings: tuple[Listing, ...]
    desired: Mapping[str, Desired] = field(default_factory=dict[str, Desired])
    successor: str = ""
    equivalents: tuple[str, ...] = ()
    hold: str = ""
    hold_end: date | None = None
    aliases: tuple[str, ...] = ()
    unlist_time: datetime | None = None

    @property
    def etag(self) -> str:
        """Quoted; changes with every change."""
        return f'"{self.version}"'

    def check_etag(self, etag: str) -> None:
        """Aborted with the current state when `etag` is given and stale."""
        if etag and etag != self.etag:
            name = f"resources/{self.id}"
            raise Aborted("ETAG_STALE", f"{name} has changed.", {"name": name}, details=[self])

    def observed(self, name: str) -> object:
        """What the sources say of a field: the first listing that says something; `lifecycle` from all of them."""
        if name == "lifecycle":
            return self._observed_lifecycle()
        if name == "language" and (body := self.body) is not None and body.observed.language:
            return body.observed.language  # the text knows its language better than a row about it
        empty: object = None
        for listing in self.listings:
            value: object = getattr(listing.observed, name)
            if value not in (None, "", 0, ()) or value is False:
                return value
            empty = value
        return empty

    def _observed_lifecycle(self) -> Lifecycle:
        present = [listing.visibility for listing in self.listings if not listing.gone]
        if Visibility.VISIBLE in present:
            return Lifecycle.PUBLISHED
        return Lifecycle.UNLISTED if Visibility.HIDDEN in present else Lifecycle.ARCHIVED

    def shown(self, name: str) -> object:
        """The effective value of a field: what is wanted, else what the sources say."""
        if name in OWN_FIELDS:
            return getattr(self, name)
        wish = self.desired.get(name)
        return self.observed(name) if wish is None else wish.value

    def want(self, name: str, value: object, *, author: str, suggestion: str, now: datetime) -> Resource:
        """The resource with a field set: wanted until the sources say so; at once when no source knows it."""
        if name in OWN_FIELDS:
            return replace(self, **{name: value})
        observed = self.observed(name)
        wish = None if observed == value else Desired(value, observed, author, suggestion, now)
        return self.with_desired(name, wish)

    def with_desired(self, name: str, wish: Desired | None) -> Resource:
        """The resource with exactly this wish for a field, or none (what undo restores)."""
        wanted = replace(self, desired=with_desired(self.desired, name, wish))
        if name != "lifecycle":
            return wanted
        unlisted = wish is not None and wish.value == Lifecycle.UNLISTED
        return replace(wanted, unlist_time=wish.time if wish is not None and unlisted else None)

    @property
    def fulfilled(self) -> bool:
        """Whether the sources say something that is still noted as wanted: a person said first that they do."""
        return any(self.observed(name) == wish.value for name, wish in self.desired.items())

    def heard(self) -> tuple[Resource, tuple[Drift, ...]]:
        """The resource after its sources have spoken: fulfilled wishes are gone, contradicted ones reported."""
        said = {name: self.observed(name) for name in self.desired}
        left, drifts = settled(self.desired, said)
        after = replace(self, desired=left)
        if after.lifecycle is not Lifecycle.UNLISTED:
            after = replace(after, unlist_time=None)
        return after, drifts

    @property
    def title(self) -> str:
        """Never empty: the external id stands in."""
        wish = self.desired.get("title")
        return title_of(self.listings, None if wish is None else wish.value)

    @property
    def owner(self) -> str:
        """E-mail or team; empty when nobody is named."""
        return "" if self.nobody_owns else str(self.shown("owner") or "")

    @property
    def nobody_owns(self) -> bool:
        """Whether it has no owner on purpose."""
        return self.shown("owner") == NOBODY

    @property
    def language(self) -> str:
        """BCP 47, or empty."""
        return str(self.shown("language") or "")

    @property
    def audience(self) -> str:
        """Whom it is for, in the team's words; empty when nobody has said."""
        return str(self.shown("audience") or "")

    @property
    def mandatory(self) -> bool:
        """Whether somebody is obliged to complete it."""
        return bool(self.shown("mandatory"))

    @property
    def certification(self) -> bool:
        """Whether completing it counts for a certification."""
        return bool(self.shown("certification"))

    @property
    def owed(self) -> bool:
        """Whether learners must be able to complete it or what takes its place: mandatory, or for a certification."""
        return self.mandatory or self.certification

    @property
    def accessible_form(self) -> bool:
        """Whether its source states that everyone can use it; False also where nothing is stated."""
        return bool(self.shown("accessible_form"))

    @property
    def seconds(self) -> int:
        """Learning time as stated; 0 when it is not."""
        seconds = self.shown("duration_seconds")
        return seconds if isinstance(seconds, int) else 0

    @property
    def lifecycle(self) -> Lifecycle:
        """Whether learners can find and open it."""
        return Lifecycle(str(self.shown("lifecycle")))

    @property
    def archive_time(self) -> datetime | None:
        """When Winnow archived it; None when it did not."""
        wish = self.desired.get("lifecycle")
        return wish.time if wish is not None and wish.value == Lifecycle.ARCHIVED else None

    @property
    def first(self) -> Listing:
        """The listing under which it is named and sorted outside: the smallest (source, external id)."""
        return min(self.listings, key=lambda listing: listing.key)

    @property
    def body(self) -> Listing | None:
        """The listing whose text is the resource's: a package's, else a description; None without text."""
        with_text = [listing for listing in self.listings if listing.outline_hash]
        return min(with_text, key=lambda listing: (listing.gone, listing.described_only), default=None)

    @property
    def content_hash(self) -> str:
        """Of its text; empty when it has none."""
        return self.body.content_hash if self.body else ""

    @property
    def outline_hash(self) -> str:
        """Of its text with titles and places; empty when it has none."""
        return self.body.outline_hash if self.body else ""

    @property
    def links(self) -> tuple[str, ...]:
        """Targets of links in its text, at most 200."""
        return (self.body or self.first).observed.links[:MAX_LINKS]

    @property
    def link_texts(self) -> dict[str, str]:
        """The words that lead to its links, where they are known."""
        observed = (self.body or self.first).observed
        return dict(zip(observed.links, observed.link_texts, strict=False))

    @property
    def pending_fields(self) -> tuple[str, ...]:
        """Fields that wait to be written to a source."""
        return tuple(sorted(WRITTEN_BACK & self.desired.keys()))
