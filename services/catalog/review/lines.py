"""Lists of suggestions, a line each: read narrowly, since a page of them names hundreds of resources."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.domain.people import Viewer
from services.catalog.policy import About, Row
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres_lines, reading, rights, routing
from services.catalog.review.domain_lines import Line, Printed
from services.catalog.review.impact import band
from services.catalog.review.postgres import Place
from services.catalog.review.reading import Asked
from services.catalog.review.surroundings import Surroundings, bare


async def list_lines(
    db: Database, asked: Asked, viewer: Viewer, deciding: Row, *, after: Place | None, limit: int
) -> list[tuple[float | None, Printed]]:
    """A page of lines with their places in the order asked for; `deciding` is the policy of who may decide."""
    async with db.snapshot() as tx:
        places = await reading.places(tx, asked, after=after, limit=limit)
        found = await postgres_lines.lines(tx, [id_ for _, id_ in places])
        titled = await tx.titled(sorted(frozenset[str]().union(*(each.resources for each in found))))
        people = {each.id: each for each in await tx.people(sorted({each.assignee for each in found} - {""}))}
        decides = await _decides(tx, db, viewer, deciding, found)
        weights = (await tx.house_rules()).weights
    return [
        (
            place,
            Printed(
                line,
                titled,
                person.email if (person := people.get(line.assignee)) else "",
                person.shown_name if person else "",
                band(line.priority, weights),
                line.id in decides,
                rights.may_revoke(viewer, line.state, About(approved=viewer.person.id in line.approved_by)),
            ),
        )
        for (place, _), line in zip(places, found, strict=True)
    ]


async def _decides(
    tx: Transaction, db: Database, viewer: Viewer, deciding: Row, found: Sequence[Line]
) -> frozenset[str]:
    """Ids of those that the viewer may decide about; what depends on duties is read for whoever has none but these."""
    if deciding.allows(viewer, About()):
        return frozenset(each.id for each in found)
    if not viewer.duties:
        around = Surroundings(db.clock.today())
    else:
        touched = {bare(name) for each in found for name in each.targets}
        named = touched.union(*(each.members for each in found))
        members = await tx.resources(sorted(named))
        theirs = viewer.duties.programs | {id_ for id_, _ in viewer.duties.stages}
        holding = frozenset(await tx.programs_around([], members))
        concerned = holding | touched.union(*(each.programs for each in found))
        wanted = theirs & holding
        for inside, above in (await tx.programs_above(concerned)).items() if viewer.duties.programs else ():
            if above & viewer.duties.programs:
                wanted |= {inside, *above}
        programs = {each.id: each for each in await tx.programs(wanted)}
        resources = {name: each for each in members for name in (each.id, *each.aliases)}
        around = Surroundings(db.clock.today(), resources=resources, programs=programs)
    return frozenset(
        each.id for each in found if deciding.allows(viewer, routing.standing_on_line(viewer, each, around))
    )
