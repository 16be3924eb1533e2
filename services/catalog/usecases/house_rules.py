"""Reading and setting the team's policies, and taking in a vendor's retirement list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.catalog.domain.house_rules import FIELDS, MAX_RETIREMENTS, HouseRules, Retirement
from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Database, Transaction
from services.kit.errors import InvalidArgument, Violation


async def get_house_rules(db: Database) -> HouseRules:
    """The policies as they are."""
    async with db.snapshot() as tx:
        return await tx.house_rules()


async def set_house_rules(
    db: Database, viewer: Viewer, wanted: HouseRules, *, fields: Collection[str], etag: str
) -> HouseRules:
    """Sets these fields of the policies (all, if none is named). Aborted when `etag` is given and stale."""
    async with db.transaction() as tx:
        before = await tx.house_rules(for_update=True)
        before.check_etag(etag)
        moved = {name: getattr(wanted, name) for name in FIELDS if name in fields or not fields}
        return await _store(tx, viewer, before, replace(before, **moved))


async def import_retirement_list(
    db: Database, viewer: Viewer, list_name: str, lines: Sequence[Retirement]
) -> HouseRules:
    """Puts these lines in the place of the list of that name."""
    async with db.transaction() as tx:
        before = await tx.house_rules(for_update=True)
        others = [each for each in before.retirements if each.list_name != list_name]
        if len(others) + len(lines) > MAX_RETIREMENTS:
            text = f"must leave at most {MAX_RETIREMENTS} lines in all lists; other lists have {len(others)}"
            raise InvalidArgument(
                "FIELD_INVALID",
                f"content {text}.",
                {"field": "content"},
                violations=[Violation("content", text)],
            )
        return await _store(tx, viewer, before, replace(before, retirements=(*others, *lines)))


async def _store(tx: Transaction, viewer: Viewer, before: HouseRules, wanted: HouseRules) -> HouseRules:
    if wanted == before:
        return before
    saved = replace(wanted, version=before.version + 1, author=viewer.person.id, update_time=tx.now)
    await tx.set_house_rules(saved)
    await tx.audited(viewer, "houseRules", _told(saved))
    return saved


def _told(rules: HouseRules) -> dict[str, str]:
    return {
        "retired_vocabulary": str(len(rules.retired_vocabulary)),
        "retirements": str(len(rules.retirements)),
        "check_links": str(rules.check_links).lower(),
        "required_fields": ", ".join(rules.required_fields),
        "notice_days": f"{rules.notice_days_r2}, {rules.notice_days_r3}",
    }
