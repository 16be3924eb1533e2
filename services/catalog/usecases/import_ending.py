"""The end of an import: what the source no longer has, and what names mean by now."""

from __future__ import annotations

from dataclasses import replace

from services.catalog.domain.imports import (
    Counts,
    FileState,
    Import,
    Problem,
)
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Resource, in_order
from services.catalog.postgres import names
from services.catalog.postgres.database import Transaction
from services.catalog.usecases.change_list import settle_resources
from services.catalog.usecases.programs import hear, resolve_items


async def mark_gone(tx: Transaction, import_: Import) -> None:
    """Listings that a complete import no longer has are gone, but for those of files that could not be read."""
    spared = [
        *(problem.file for problem in import_.problems if problem.unreadable),
        *(file.path for file in import_.files if file.state is FileState.ASKING),
    ]
    unseen = await tx.unseen_listings(import_.source, import_.number, spared, 1 << 30)
    keys = {(import_.source, external_id) for _, external_id in unseen}
    resources = await tx.resources({resource for resource, _ in unseen}, for_update=True)
    heard: list[Resource] = []
    for resource in resources:
        listings = [
            replace(listing, gone=True, import_number=import_.number) if listing.key in keys else listing
            for listing in resource.listings
        ]
        settled, _ = replace(resource, listings=in_order(listings)).heard()
        heard.append(settled)
    await settle_resources(tx, await tx.save_resources(heard))
    await tx.count(import_.id, Counts(gone=len(unseen)))
    for program in await tx.programs_unseen(import_.source, import_.number):
        observed = replace(program.observed_program, archived=True)
        await hear(tx, replace(program, observed_program=observed))


async def resolve_references(tx: Transaction, import_: Import) -> None:
    """Gives every unresolved reference its meaning, if it has one by now; the import's own others are reported."""
    programs = await resolve_items(tx, await tx.unresolved_programs())
    missing = [
        (program, item.reference) for program in programs for item in program.items if _open(item.target)
    ]
    found = await settle_engagement(
        tx,
        import_.source,
        import_.number,
        moved=await tx.moved_use(import_.id),
        arrived=bool(import_.counts.events),
    )
    warnings = [
        Problem(
            False,
            "",
            f"{program.title!r}: {reference}",
            "REFERENCE_UNRESOLVED",
            f"No one resource goes by {reference!r}; the item stays and is looked up at each import.",
        )
        for program, reference in missing
        if _of(import_, program)
    ]
    warnings += [
        Problem(
            False,
            "",
            reference,
            "REFERENCE_UNRESOLVED",
            f"No one resource or program goes by {reference!r}; its engagement is kept and tried again.",
        )
        for reference in found
    ]
    await tx.add_problems(import_.id, warnings)


def _open(target: tuple[str, str]) -> bool:
    return target[0] == "reference"


def _of(import_: Import, program: Program) -> bool:
    return program.source == import_.source


async def settle_engagement(
    tx: Transaction, source: str, number: int, *, moved: bool, arrived: bool
) -> list[str]:
    """Gives names of engagement their meaning, and tells of the use that has moved or arrived.

    Returns the names of this delivery (a source's import number) that nothing goes by yet; everything else unknown is
    looked up too.
    """
    unknown = await tx.unknown_engagement()
    left: list[str] = []
    resolved: set[str] = set()
    for of in sorted({each.source for each in unknown}):
        own = [each for each in unknown if each.source == of]
        references = [each.reference for each in own]
        meant = await names.resolve(tx, of, references)
        programs = await tx.programs_named(of, [each for each in references if each not in meant])
        for each in own:
            hit, program = meant.get(each.reference), programs.get(each.reference)
            if hit is not None:
                listing = (hit.source, hit.external_id)
                await tx.resolve_engagement(of, each.reference, listing=listing)
                resolved.add(of)
            elif program is not None:
                await tx.resolve_engagement(of, each.reference, program=program)
            elif of == source and each.import_number == number:
                left.append(each.reference)
    for of in sorted(resolved | ({source} if arrived else set[str]())):
        used = await tx.resources_used_through(of)
        if moved or of in resolved:
            tx.touch_engagement(resource for resource, _ in used)
        await tx.engagement_arrived((listing_source for _, listing_source in used), tx.now)
    return left
