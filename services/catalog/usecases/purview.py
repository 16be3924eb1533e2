"""What duties reach: a program's owner answers for the program, its items and everything inside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from services.catalog import policy
from services.catalog.domain.people import Viewer
from services.catalog.domain.programs import Items
from services.catalog.policy import About, Column
from services.catalog.postgres import names as listing_names
from services.catalog.postgres.database import Transaction


async def inside(tx: Transaction, programs: Collection[str]) -> frozenset[str]:
    """Ids of these programs and of all that they hold, nested programs and resources."""
    return _below(programs, await _items(tx, programs))


async def nested(tx: Transaction, programs: Collection[str]) -> frozenset[str]:
    """Ids of these programs and of all programs inside them."""
    return frozenset(await _items(tx, programs))


async def inside_each(tx: Transaction, programs: Sequence[str]) -> dict[str, frozenset[str]]:
    """The same by program; without one that is not there."""
    items = await _items(tx, programs)
    return {id_: _below([id_], items) for id_ in programs if id_ in items}


async def _items(tx: Transaction, programs: Collection[str]) -> dict[str, Items]:
    """What these programs and those nested in them hold, by id."""
    found: dict[str, Items] = {}
    level = set(programs)
    while level:
        new = {program.id: program.items for program in await tx.programs(level)}
        found |= new
        level = {item.program for items in new.values() for item in items if item.program} - found.keys()
    return found


def _below(programs: Iterable[str], items: Mapping[str, Items]) -> frozenset[str]:
    found: set[str] = set()
    level = set(programs)
    while level:
        found |= level
        held = [item for id_ in level for item in items.get(id_, ())]
        found |= {item.resource for item in held if item.resource}
        level = {item.program for item in held if item.program} - found
    return frozenset(found)


async def over(tx: Transaction, viewer: Viewer, resources: Collection[str]) -> About:
    """The duties by which all of these resources are the viewer's; a resource that is not known is nobody's."""
    held = await inside(tx, viewer.duties.programs) if resources and viewer.duties.programs else ()
    return over_held(viewer, resources, held)


def over_held(viewer: Viewer, resources: Collection[str], held: Collection[str]) -> About:
    """The same where it is known what is `inside` the programs that the viewer owns."""
    asked = set(resources)
    own: set[Column] = set()
    if asked and asked.issubset(held):
        own.add(Column.PO)
    if asked and asked <= viewer.duties.resources:
        own.add(Column.RO)
    return About(own=frozenset(own))


def over_program(viewer: Viewer, program: str) -> About:
    """The duty by which what is added to the program is the viewer's: not by that of a program around it."""
    return About(own=frozenset({Column.PO} if program in viewer.duties.programs else ()))


async def use_within(
    tx: Transaction, programs: Collection[str], source: str, references: Iterable[str]
) -> frozenset[str]:
    """The names in a source's engagement that mean these programs or what they hold; an unknown one is nobody's."""
    asked = sorted(set(references))
    meant = await tx.meant_by_engagement(source, asked)
    # What a name has come to mean stays; the others are looked up as settling them will.
    hits = await listing_names.resolve(tx, source, [each for each in asked if each not in meant])
    meant |= {reference: hit.resource for reference, hit in hits.items() if hit is not None}
    keys = await tx.programs_named(source, [each for each in asked if each not in meant and each not in hits])
    meant |= {reference: program for reference, program in keys.items() if program is not None}
    theirs = await inside(tx, programs)
    return frozenset(reference for reference, id_ in meant.items() if id_ in theirs)


async def names(tx: Transaction, resources: Collection[str]) -> frozenset[str]:
    """Every name by which these resources go now."""
    return frozenset(name for each in await tx.resources(resources) for name in (each.id, *each.aliases))


async def check_joined(
    tx: Transaction, viewer: Viewer, before: Collection[str], resources: Collection[str]
) -> None:
    """PermissionDenied where listings have joined to the viewer's own what is not theirs.

    A listing names the package that it is about, whosever that is: `before` are the `names` of what was asked about,
    `resources` what the listings came to.
    """
    joined = await names(tx, resources) - set(before)
    if joined:
        policy.check_about(viewer, viewer.method, await over(tx, viewer, joined))
