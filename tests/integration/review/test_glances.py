"""Resources at a glance say of each what the resource itself says."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.catalog.domain.drafts import ALWAYS_REQUIRED, REQUIRABLE, missing, missing_fields
from services.catalog.domain.glances import Glance
from services.catalog.domain.house_rules import NeverArchived
from services.catalog.domain.resources import Lifecycle, Listing, Observed, Resource, Visibility, in_order
from services.catalog.domain.values import NOBODY
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database
from tests.integration.review.conftest import Reviewer, course, words

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SOURCES = ("archive", "lms", "shelf")
FORMATS = ("csv", "moodle", "scorm", "pdf")
SAID: dict[str, tuple[Any, ...]] = {
    "title": ("", "Ladders", "Ropes"),
    "description": ("", "What to know."),
    "kind": ("", "course", "video"),
    "language": ("", "de"),
    "url": ("", "https://example.org/1"),
    "version": ("", "2"),
    "owner": ("", "first@example.org", "Training team", NOBODY),
    **dict.fromkeys(("mandatory", "certification", "accessible_form"), (None, False, True)),
    "duration_seconds": (0, 60),
    "objectives": ((), ("Climb safely.",)),
    "links": ((), ("https://example.org/2",)),
    **dict.fromkeys(
        ("created", "updated", "reviewed", "review_date"), (None, date(2024, 2, 29), date(2026, 1, 1))
    ),
}
WISHED: dict[str, tuple[Any, ...]] = {
    **{
        name: values
        for name, values in SAID.items()
        if name not in ("mandatory", "certification", "accessible_form", "links", "created")
    },
    "lifecycle": tuple(Lifecycle),
}


def made_up(chance: random.Random, number: int) -> Resource:
    """A resource with up to four listings that contradict one another, and wishes."""
    id_ = new_id()
    listings = [
        Listing(
            source=chance.choice(SOURCES),
            external_id=f"{chance.choice('aB-Ä')}{number}-{index}",
            format=chance.choice(FORMATS),
            observed=Observed(**{name: chance.choice(values) for name, values in SAID.items()}),
            visibility=chance.choice(list(Visibility)),
            gone=chance.random() < 0.3,
            import_number=chance.randrange(3),
            home=id_,
        )
        for index in range(chance.randint(1, 4))
    ]
    resource = Resource(id_, 1, 0, NOW - timedelta(days=number), NOW, in_order(listings))
    for name in chance.sample(sorted(WISHED), chance.randrange(4)):
        wish = chance.choice(WISHED[name])
        resource = resource.want(name, wish, author="somebody", suggestion="", now=NOW)
    return resource


def seen(resource: Resource) -> Glance:
    """What is to be seen of the resource, as it says itself."""
    days: dict[str, Any] = {
        name: resource.shown(name) for name in ("created", "updated", "reviewed", "review_date")
    }
    return Glance(
        id=resource.id,
        aliases=resource.aliases,
        title=resource.title,
        kind=str(resource.shown("kind") or ""),
        owner=resource.owner,
        lifecycle=resource.lifecycle,
        sources=frozenset(each.source for each in resource.listings),
        said=frozenset(name for name in (*ALWAYS_REQUIRED, *REQUIRABLE) if resource.shown(name)),
        create_time=resource.create_time,
        **days,
    )


async def test_a_glance_says_what_the_whole_resource_says(leader: Reviewer, db: Database) -> None:
    for source in SOURCES:
        await leader.put(course("first", "First", words("a")), source=source)
    chance = random.Random(11)
    async with db.transaction() as tx:
        saved = await tx.save_resources([made_up(chance, number) for number in range(300)])
    for older, younger in ((saved[0], saved[1]), (saved[2], saved[3])):
        async with db.transaction() as tx:
            await tx.resources([older.id, younger.id], for_update=True)
            await tx.join(older.id, younger.id)
    async with db.snapshot() as tx:
        whole = await tx.resource_page(after="", limit=1000)
        pages = [await tx.glances(after="", limit=100)]
        while pages[-1]:
            pages.append(await tx.glances(after=pages[-1][-1].id, limit=100))
        asked = [whole[5].id, whole[250].id, "nobody"]
        some = await tx.glances(after="", limit=10, ids=asked)
    glances = [each for page in pages for each in page]
    assert len(glances) == len(whole) == 301
    for resource, glance in zip(whole, glances, strict=True):
        assert glance == seen(resource)
        assert missing(glance.said, REQUIRABLE) == missing_fields(resource, REQUIRABLE)
        for rule in (NeverArchived(kind="video", title="rope"), NeverArchived(source="lms")):
            assert rule.fits(glance.kind, glance.title, glance.sources) is rule.covers(resource)
    assert [each.id for each in some] == sorted(asked[:2])
