"""Programs with their items."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from services.catalog.domain.people import email_key
from services.catalog.domain.programs import MAX_NESTING, Items, Program, ProgramItem
from services.catalog.domain.resources import Resource
from services.catalog.postgres import codec, names
from services.catalog.postgres.resources import Resources
from services.catalog.postgres.session import Row
from services.kit.errors import Aborted, NotFound

_LOAD = """
    SELECT id, source, key, version, revision, create_time, update_time, observed, desired
    FROM programs WHERE id = ANY(%s) ORDER BY id
"""
_LOAD_FOR_UPDATE = """
    SELECT id, source, key, version, revision, create_time, update_time, observed, desired
    FROM programs WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
_PAGE = """
    SELECT id FROM programs WHERE id > %(after)s AND (%(only)s::text[] IS NULL OR id = ANY(%(only)s))
    ORDER BY id LIMIT %(limit)s
"""
_AFTER = "SELECT id FROM programs WHERE (source, key) > (%s, %s) ORDER BY source, key LIMIT %s"
_WITH = "SELECT id FROM programs WHERE members && %s::text[]"
# `members` has what was held or needed, too: these are supersets, and what a program holds now is read off its items.
_ABOVE = """
    WITH RECURSIVE above (inside, id, level) AS (
        SELECT id, id, 0 FROM unnest(%s::text[]) AS asked (id)
        UNION
        SELECT above.inside, p.id, above.level + 1 FROM above JOIN programs p ON p.members @> ARRAY[above.id]
        WHERE above.level < %s
    )
    SELECT inside, array_agg(DISTINCT id) AS around FROM above WHERE level > 0 GROUP BY inside
"""
_BELOW = """
    WITH RECURSIVE below (id, level) AS (
        SELECT id, 0 FROM unnest(%s::text[]) AS asked (id)
        UNION
        SELECT p.id, below.level + 1
        FROM below JOIN programs o ON o.id = below.id JOIN programs p ON p.id = ANY(o.members)
        WHERE below.level < %s
    )
    SELECT DISTINCT id FROM below WHERE level > 0
"""
_BY_KEY = "SELECT key, id FROM programs WHERE source = %s AND key = ANY(%s)"
_UNRESOLVED = "SELECT id FROM programs WHERE unresolved ORDER BY id"
_NAMED = """
    SELECT id, source, key, observed ->> 'title' AS title FROM programs
    WHERE key = ANY(%(names)s) OR lower(observed ->> 'title') = ANY(%(lowered)s)
"""
_NESTED = "SELECT id, members FROM programs WHERE id <> %s"
_INSERT = """
    INSERT INTO programs (id, source, key, version, create_time, update_time, observed, desired, members,
        unresolved, owner_keys, seen_number)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0)
"""
_UPDATE = """
    UPDATE programs SET version = %s, update_time = %s, observed = %s, desired = %s, members = %s,
        unresolved = %s, owner_keys = %s
    WHERE id = %s AND version = %s
"""
_SEEN = "UPDATE programs SET seen_number = %s WHERE id = ANY(%s)"
_UNSEEN = "SELECT id FROM programs WHERE source = %s AND seen_number < %s ORDER BY id"


def _columns(program: Program) -> tuple[Any, ...]:
    wish = program.desired.get("items")
    lists: list[Items] = [program.observed_program.items]
    if wish is not None:
        lists += [value for value in (wish.value, wish.against) if isinstance(value, tuple)]
    items = [item for each in lists for item in each]
    members = {name for item in items for name in (item.resource, item.program, *item.prerequisites) if name}
    return (
        codec.observed_program_json(program.observed_program),
        codec.desired_json(program.desired),
        sorted(members),
        any(item.target[0] == "reference" for item in items),
        sorted({email_key(owner) for owner in program.owners}),
    )


def _program(row: Row) -> Program:
    return Program(
        id=row["id"],
        source=row["source"],
        key=row["key"],
        version=row["version"],
        revision=row["revision"],
        create_time=row["create_time"],
        update_time=row["update_time"],
        observed_program=codec.observed_program_value(row["observed"]),
        desired=codec.desired_value(row["desired"], codec.program_value),
    )


class Programs(Resources):
    """Reading and saving programs."""

    async def program(self, id_: str, *, for_update: bool = False) -> Program:
        """The program of that id; NotFound when there is none."""
        found = await self.programs([id_], for_update=for_update)
        if not found:
            raise NotFound("PROGRAM_NOT_FOUND", f"There is no program {id_}.", {"program": id_})
        return found[0]

    async def programs(self, ids: Iterable[str], *, for_update: bool = False) -> list[Program]:
        """These programs, in id order (which is the lock order), with resources under their present names."""
        asked = sorted(set(ids))
        if not asked:
            return []
        found = [
            _program(row) for row in await self.rows(_LOAD_FOR_UPDATE if for_update else _LOAD, (asked,))
        ]
        named = {
            name
            for program in found
            for items in _item_lists(program)
            for item in items
            for name in (item.resource, *item.prerequisites)
            if name
        }
        roots = await self.roots(named) if named else {}
        renamed = {name: root for name, root in roots.items() if name != root}
        values = [program.mapped(renamed) for program in found] if renamed else found
        self._loaded_programs.update({value.id: value for value in values})
        return values

    async def programs_with(self, *ids: str, for_update: bool = False) -> list[Program]:
        """Programs whose items or prerequisites name one of these resources or programs, as observed or as wanted."""
        return await self.programs(
            await self.programs_around(ids, await self.resources(ids)), for_update=for_update
        )

    async def programs_around(self, ids: Iterable[str], known: Iterable[Resource]) -> list[str]:
        """Ids of programs that name one of these ids or of these resources, under any of its names."""
        names = {*ids, *(name for each in known for name in (each.id, *each.aliases))}
        return [row["id"] for row in await self.rows(_WITH, (sorted(names),))] if names else []

    async def programs_above(self, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """By program, ids of those that may hold it, at up to `MAX_NESTING` levels; without one that none may hold."""
        asked = sorted(set(ids))
        rows = await self.rows(_ABOVE, (asked, MAX_NESTING)) if asked else ()
        return {row["inside"]: frozenset(row["around"]) for row in rows}

    async def programs_below(self, ids: Iterable[str]) -> frozenset[str]:
        """Ids of the programs that these may hold, at up to `MAX_NESTING` levels."""
        asked = sorted(set(ids))
        rows = await self.rows(_BELOW, (asked, MAX_NESTING)) if asked else ()
        return frozenset(row["id"] for row in rows)

    async def programs_by_key(self, source: str, keys: Iterable[str]) -> dict[str, str]:
        """Program ids by key, for those that the source has."""
        return {row["key"]: row["id"] for row in await self.rows(_BY_KEY, (source, list(keys)))}

    async def programs_named(self, source: str, references: Sequence[str]) -> dict[str, str | None]:
        """Program ids by reference: a key, else a full title, the same source first; None where several fit."""
        lowered = [reference.lower() for reference in references]
        rows = await self.rows(_NAMED, {"names": list(references), "lowered": lowered})
        found: dict[str, str | None] = {}
        for reference in references:
            for column, name in (("key", reference), ("title", reference.lower())):
                hits = [row for row in rows if (row[column] or "").lower() == name.lower()]
                hits = [row for row in hits if row["source"] == source] or hits
                if hits:
                    found[reference] = hits[0]["id"] if len(hits) == 1 else None
                    break
        return found

    async def unresolved_programs(self) -> list[Program]:
        """Programs with an item that nobody knows yet, locked."""
        rows = await self.rows(_UNRESOLVED)
        return await self.programs([row["id"] for row in rows], for_update=True)

    async def program_page(
        self, *, after: str, limit: int, only: Collection[str] | None = None
    ) -> list[Program]:
        """Programs whose id comes after (of these ids, if any are given), in id order."""
        values = {"after": after, "limit": limit, "only": None if only is None else sorted(only)}
        return await self.programs([row["id"] for row in await self.rows(_PAGE, values)])

    async def programs_after(self, source: str, key: str, limit: int) -> list[Program]:
        """Programs by (source, key), after the given one."""
        ids = [row["id"] for row in await self.rows(_AFTER, (source, key, limit))]
        return sorted(await self.programs(ids), key=lambda program: (program.source, program.key))

    async def nested_programs(self, but: str) -> Mapping[str, Sequence[str]]:
        """For every other program the ids it names (resources among them do no harm)."""
        return {row["id"]: row["members"] for row in await self.rows(_NESTED, (but,))}

    async def programs_seen(self, ids: Sequence[str], number: int) -> None:
        """Notes that an import still had these programs."""
        await self.run(_SEEN, (number, list(ids)))

    async def programs_unseen(self, source: str, number: int) -> list[Program]:
        """Programs of the source that no import since `number` had, locked."""
        rows = await self.rows(_UNSEEN, (source, number))
        return await self.programs([row["id"] for row in rows], for_update=True)

    @override
    async def split(self, alias: str) -> tuple[Resource, Resource]:
        survivor, restored = await super().split(alias)
        # A program saved while the two were one names the survivor; what it calls the item says which was meant.
        for program in await self.programs_with(survivor.id, for_update=True):
            asked = {
                item.reference
                for items in (program.items, program.observed_program.items)
                for item in items
                if item.resource == survivor.id and item.reference
            }
            meant = await names.resolve(self, program.source, asked)
            moved = {name for name, hit in meant.items() if hit is not None and hit.resource == restored.id}
            await self.save_program(_renamed(program, moved, survivor.id, restored.id))
        return survivor, restored

    async def save_program(self, program: Program) -> Program:
        """The program as stored, a version higher; nothing happens when it is as it was loaded.

        Aborted if somebody changed it since (it was not loaded `for_update`).
        """
        before = self._loaded_programs.get(program.id)
        if before == program:
            return program
        version = program.version if before is None else program.version + 1
        saved = replace(program, version=version, update_time=self.now)
        if before is None:
            head = (saved.id, saved.source, saved.key, saved.version, saved.create_time, self.now)
            await self.run(_INSERT, (*head, *_columns(saved)))
        else:
            values = (saved.version, self.now, *_columns(saved), saved.id, before.version)
            if not await self.run(_UPDATE, values):
                raise Aborted("CONCURRENT_CHANGE", "Somebody else changed the same; try again.")
        owners_before = before.owners if before else ()
        if owners_before != saved.owners:
            self._owners_moved |= {email_key(owner) for owner in (*owners_before, *saved.owners)}
        self._loaded_programs[saved.id] = saved
        self._saved_programs.add(saved.id)
        return saved


def _item_lists(program: Program) -> list[Items]:
    return [program.items, program.observed_program.items]


def _renamed(program: Program, references: Collection[str], before: str, now: str) -> Program:
    def one(item: ProgramItem) -> ProgramItem:
        hit = item.resource == before and item.reference in references
        return replace(item, resource=now) if hit else item

    observed = program.observed_program
    renamed = replace(program, observed_program=replace(observed, items=tuple(map(one, observed.items))))
    wish = program.desired.get("items")
    if wish is None:
        return renamed
    return renamed.with_desired("items", replace(wish, value=tuple(map(one, program.items))))
