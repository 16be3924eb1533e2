"""Resources with their listings and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from services.catalog.domain.drafts import ALWAYS_REQUIRED, REQUIRABLE
from services.catalog.domain.glances import Glance
from services.catalog.domain.people import email_key
from services.catalog.domain.resources import (
    CATALOG_ROWS,
    LIVE,
    PACKAGES,
    Lifecycle,
    Listing,
    Observed,
    Outline,
    Resource,
    Titled,
    Visibility,
    in_order,
    title_of,
)
from services.catalog.domain.values import NOBODY
from services.catalog.postgres import codec, names
from services.catalog.postgres.session import Row, Session
from services.kit.errors import Aborted, NotFound

# OFFSET 0 keeps each step a look into an index: PostgreSQL takes a chain for a hundred times longer than it is and
# would read every resource instead.
_ROOTS = """
    WITH RECURSIVE chain AS (
        SELECT id AS name, id, alias_of FROM resources WHERE id = ANY(%s)
        UNION ALL
        SELECT chain.name, up.id, up.alias_of
        FROM chain CROSS JOIN LATERAL (SELECT id, alias_of FROM resources WHERE id = chain.alias_of OFFSET 0) AS up
        WHERE chain.alias_of IS NOT NULL
    )
    SELECT name, id FROM chain WHERE alias_of IS NULL
"""
_ALIASES = """
    WITH RECURSIVE below AS (
        SELECT alias_of AS root, id FROM resources WHERE alias_of = ANY(%s)
        UNION ALL
        SELECT below.root, down.id
        FROM below CROSS JOIN LATERAL (SELECT id FROM resources WHERE alias_of = below.id OFFSET 0) AS down
    )
    SELECT root, id FROM below ORDER BY id
"""
_TITLED = """
    WITH RECURSIVE chain AS (
        SELECT id AS name, id, alias_of, desired FROM resources WHERE id = ANY(%s)
        UNION ALL
        SELECT chain.name, up.id, up.alias_of, up.desired
        FROM chain CROSS JOIN LATERAL (
            SELECT id, alias_of, desired FROM resources WHERE id = chain.alias_of OFFSET 0
        ) AS up
        WHERE chain.alias_of IS NOT NULL
    )
    SELECT chain.name, chain.id, chain.desired -> 'title' -> 0 AS wanted,
        chain.desired -> 'language' -> 0 AS wanted_language, l.*
    FROM chain CROSS JOIN LATERAL (
        SELECT source, external_id, format, gone, import_number, coalesce(observed ->> 'title', '') AS title,
            coalesce(observed ->> 'language', '') AS language
        FROM listings WHERE resource = chain.id OFFSET 0
    ) AS l
    WHERE chain.alias_of IS NULL
"""
_LOAD = """
    SELECT id, version, revision, create_time, update_time, desired, successor, equivalents, hold, hold_end,
        unlist_time
    FROM resources WHERE id = ANY(%s) AND alias_of IS NULL ORDER BY id
"""
_LOAD_FOR_UPDATE = """
    SELECT id, version, revision, create_time, update_time, desired, successor, equivalents, hold, hold_end,
        unlist_time
    FROM resources WHERE id = ANY(%s) AND alias_of IS NULL ORDER BY id FOR NO KEY UPDATE
"""
_LOAD_JOINED = """
    SELECT id, version, revision, create_time, update_time, desired, successor, equivalents, hold, hold_end,
        unlist_time
    FROM resources WHERE id = ANY(%s) AND alias_of IS NOT NULL ORDER BY id FOR NO KEY UPDATE
"""
_BROUGHT = """
    WITH RECURSIVE below AS (
        SELECT id AS root, id FROM resources WHERE id = ANY(%s)
        UNION ALL
        SELECT below.root, down.id FROM below JOIN resources down ON down.alias_of = below.id
    )
    SELECT source, external_id, root AS resource, home, format, observed, file, origin, identifiers, visibility,
        gone, outline_hash, content_hash, described_only, import_number
    FROM listings JOIN below ON below.id = listings.home
"""
_LISTINGS = """
    SELECT source, external_id, resource, home, format, observed, file, origin, identifiers, visibility, gone,
        outline_hash, content_hash, described_only, import_number
    FROM listings WHERE resource = ANY(%s)
"""
# Each row is unpacked once: what a listing says besides may be long, and a whole catalog is read.
_GLANCES = """
    WITH page AS (
        SELECT id, create_time, desired FROM resources
        WHERE alias_of IS NULL AND id > %(after)s AND (%(ids)s::text[] IS NULL OR id = ANY(%(ids)s))
        ORDER BY id LIMIT %(limit)s
    ), said AS (
        SELECT l.resource, l.source, l.external_id, l.gone, l.visibility, o.*, row_number() OVER (
            PARTITION BY l.resource ORDER BY l.gone, CASE WHEN l.format = ANY(%(rows)s) THEN 0
                WHEN l.format = ANY(%(live)s) THEN 1 WHEN l.format = ANY(%(packages)s) THEN 2 ELSE 3 END,
                l.import_number DESC, l.source, l.external_id) AS place
        FROM listings l JOIN page ON page.id = l.resource CROSS JOIN LATERAL jsonb_to_record(l.observed) AS o(
            title text, description text, kind text, language text, url text, version text, owner text,
            duration_seconds bigint, created date, updated date, reviewed date, review_date date, objectives jsonb)
    ), shown AS (
        SELECT resource,
            (array_agg(title ORDER BY place) FILTER (WHERE title <> ''))[1] AS title,
            (array_agg(kind ORDER BY place) FILTER (WHERE kind <> ''))[1] AS kind,
            (array_agg(owner ORDER BY place) FILTER (WHERE owner <> ''))[1] AS owner,
            (array_agg(created ORDER BY place) FILTER (WHERE created IS NOT NULL))[1] AS created,
            (array_agg(updated ORDER BY place) FILTER (WHERE updated IS NOT NULL))[1] AS updated,
            (array_agg(reviewed ORDER BY place) FILTER (WHERE reviewed IS NOT NULL))[1] AS reviewed,
            (array_agg(review_date ORDER BY place) FILTER (WHERE review_date IS NOT NULL))[1] AS review_date,
            bool_or(description <> '') AS description, bool_or(language <> '') AS language,
            bool_or(url <> '') AS url, bool_or(version <> '') AS version,
            bool_or(duration_seconds <> 0) AS duration_seconds,
            bool_or(objectives <> '[]') AS objectives,
            (array_agg(external_id ORDER BY source, external_id))[1] AS external_id,
            array_agg(DISTINCT source) AS sources,
            bool_or(visibility = 'visible' AND NOT gone) AS visible,
            bool_or(visibility = 'hidden' AND NOT gone) AS hidden
        FROM said GROUP BY resource
    )
    SELECT page.*, shown.* FROM page JOIN shown ON shown.resource = page.id ORDER BY page.id
"""
_AT = "SELECT external_id, resource FROM listings WHERE source = %s AND external_id = ANY(%s)"
_PAGE = """
    SELECT id FROM resources r WHERE alias_of IS NULL AND id > %(after)s
        AND (%(source)s = '' AND %(external_id)s = '' OR EXISTS (
            SELECT FROM listings l WHERE l.resource = r.id AND (%(source)s = '' OR l.source = %(source)s)
                AND (%(external_id)s = '' OR l.external_id = %(external_id)s)))
    ORDER BY id LIMIT %(limit)s
"""
_FIRST = """
    SELECT resource, source, external_id FROM listings l
    WHERE (source, external_id) > (%(source)s, %(external_id)s) AND NOT EXISTS (
        SELECT FROM listings other WHERE other.resource = l.resource
            AND (other.source, other.external_id) < (l.source, l.external_id))
    ORDER BY source, external_id LIMIT %(limit)s
"""
_INSERT = """
    INSERT INTO resources (id, version, create_time, update_time, desired, successor, equivalents, hold, hold_end,
        unlist_time)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_UPDATE = """
    UPDATE resources SET version = %s, update_time = %s, desired = %s, successor = %s, equivalents = %s, hold = %s,
        hold_end = %s, unlist_time = %s
    WHERE id = %s AND version = %s
"""
_PUT_LISTING = """
    INSERT INTO listings (source, external_id, resource, home, format, observed, file, origin, identifiers,
        visibility, gone, outline_hash, content_hash, described_only, import_number, seen_number)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source, external_id) DO UPDATE SET resource = excluded.resource, format = excluded.format,
        observed = excluded.observed, file = excluded.file, origin = excluded.origin,
        identifiers = excluded.identifiers, visibility = excluded.visibility, gone = excluded.gone,
        outline_hash = excluded.outline_hash, content_hash = excluded.content_hash,
        described_only = excluded.described_only, import_number = excluded.import_number,
        seen_number = greatest(listings.seen_number, excluded.seen_number)
"""
_PUT_OWNER = """
    INSERT INTO resource_owners (resource, owner_key) VALUES (%s, %s)
    ON CONFLICT (resource) DO UPDATE SET owner_key = excluded.owner_key
"""
_SEEN = "UPDATE listings SET seen_number = %s WHERE source = %s AND external_id = ANY(%s)"
_RENAME = "UPDATE listings SET external_id = %s WHERE source = %s AND external_id = %s"
_PUT_BODY = """
    INSERT INTO bodies (outline_hash, content_hash, parts) VALUES (%s, %s, %s)
    ON CONFLICT (outline_hash) DO NOTHING
"""
_BODIES = "SELECT outline_hash, parts FROM bodies WHERE outline_hash = ANY(%s)"
_JOIN = "UPDATE resources SET alias_of = %s, version = version + 1, update_time = %s WHERE id = %s"
_MOVE = "UPDATE listings SET resource = %s WHERE resource = %s"
_SPLIT = """
    WITH RECURSIVE below AS (
        SELECT id FROM resources WHERE id = %(alias)s
        UNION ALL
        SELECT down.id FROM below JOIN resources down ON down.alias_of = below.id
    )
    UPDATE listings SET resource = %(alias)s WHERE home IN (SELECT id FROM below)
"""
_UNJOIN = """
    UPDATE resources SET alias_of = NULL, version = version + 1, update_time = %s
    WHERE id = %s AND alias_of IS NOT NULL
"""
_NAMED_IN = "SELECT id FROM programs WHERE members && %s::text[]"
_HOLDS_BEFORE = "SELECT id FROM resources WHERE hold_end < %s AND alias_of IS NULL ORDER BY id"
_PARENT = "SELECT alias_of FROM resources WHERE id = %s"


def _listing(row: Row) -> Listing:
    return Listing(
        source=row["source"],
        external_id=row["external_id"],
        format=row["format"],
        observed=codec.observed_value(row["observed"]),
        file=row["file"],
        origin=row["origin"],
        identifiers=tuple(row["identifiers"]),
        visibility=Visibility(row["visibility"]),
        gone=row["gone"],
        outline_hash=row["outline_hash"] or "",
        content_hash=row["content_hash"],
        described_only=row["described_only"],
        import_number=row["import_number"],
        home=row["home"],
    )


def _titled(rows: Sequence[Row]) -> Titled:
    listings = [
        Listing(
            *(row[name] for name in ("source", "external_id", "format")),
            observed=Observed(title=row["title"], language=row["language"]),
            gone=row["gone"],
            import_number=row["import_number"],
        )
        for row in rows
    ]
    ordered, wanted = in_order(listings), rows[0]["wanted_language"]
    said = next((each.observed.language for each in ordered if each.observed.language), "")
    language = said if wanted is None else str(wanted)
    return Titled(rows[0]["id"], title_of(ordered, rows[0]["wanted"]), language)


def _listing_columns(resource: str, listing: Listing) -> tuple[Any, ...]:
    return (
        listing.source,
        listing.external_id,
        resource,
        listing.home,
        listing.format,
        codec.observed_json(listing.observed),
        listing.file,
        listing.origin,
        list(listing.identifiers),
        str(listing.visibility),
        listing.gone,
        listing.outline_hash or None,
        listing.content_hash,
        listing.described_only,
        listing.import_number,
        listing.import_number,
    )


class Resources(Session):
    """Reading and saving resources."""

    async def resource(self, id_: str, *, for_update: bool = False) -> Resource:
        """The resource of that name or alias; NotFound when there is none."""
        found = await self.resources([id_], for_update=for_update)
        if not found:
            raise NotFound("RESOURCE_NOT_FOUND", f"There is no resource {id_}.", {"resource": id_})
        return found[0]

    async def holds_before(self, day: date) -> list[str]:
        """Ids of resources whose hold ended before that day."""
        return [row["id"] for row in await self.rows(_HOLDS_BEFORE, (day,))]

    async def resources(self, ids: Iterable[str], *, for_update: bool = False) -> list[Resource]:
        """The resources of these names or aliases, each once, in id order (which is the lock order)."""
        asked = list(ids)
        if not asked:
            return []
        roots = sorted(set((await self.roots(asked)).values()))
        found = await self.rows(_LOAD_FOR_UPDATE if for_update else _LOAD, (roots,))
        if len(found) < len(roots) and for_update:
            # Joined between the two statements; their present names are known now.
            return await self.resources(asked, for_update=True)
        return await self._values(found, await self.rows(_LISTINGS, (roots,)))

    async def joined_resources(self, ids: Iterable[str]) -> list[Resource]:
        """Of these names the ones that were joined to another, as each would be if it were split off now; locked."""
        asked = sorted(set(ids))
        found = await self.rows(_LOAD_JOINED, (asked,)) if asked else []
        return await self._values(found, await self.rows(_BROUGHT, (asked,))) if found else []

    async def _values(self, found: Sequence[Row], shown: Sequence[Row]) -> list[Resource]:
        listings: dict[str, list[Listing]] = {}
        for row in shown:
            listings.setdefault(row["resource"], []).append(_listing(row))
        aliases = await self._aliases(row["id"] for row in found)
        named = {name for row in found for name in (row["successor"], *row["equivalents"]) if name}
        renamed = await self.roots(named) if named else {}
        values = [
            Resource(
                id=row["id"],
                version=row["version"],
                revision=row["revision"],
                create_time=row["create_time"],
                update_time=row["update_time"],
                listings=in_order(listings[row["id"]]),
                desired=codec.desired_value(row["desired"], codec.resource_value),
                successor=renamed.get(row["successor"], ""),
                equivalents=tuple(sorted({renamed[name] for name in row["equivalents"] if name in renamed})),
                hold=row["hold"],
                hold_end=row["hold_end"],
                aliases=tuple(aliases.get(row["id"], ())),
                unlist_time=row["unlist_time"],
            )
            for row in found
            if row["id"] in listings
        ]
        self._loaded_resources.update({value.id: value for value in values})
        return values

    async def _aliases(self, ids: Iterable[str]) -> dict[str, list[str]]:
        """For those of these resources that others were joined to: the names of the others."""
        found: dict[str, list[str]] = {}
        for row in await self.rows(_ALIASES, (list(ids),)):
            found.setdefault(row["root"], []).append(row["id"])
        return found

    async def titled(self, ids: Sequence[str]) -> dict[str, Titled]:
        """By each of these names or aliases the resource with its title; one that is not known is left out."""
        found: dict[str, list[Row]] = {}
        for row in await self.rows(_TITLED, (ids,)) if ids else []:
            found.setdefault(row["name"], []).append(row)
        return {name: _titled(rows) for name, rows in found.items()}

    async def roots(self, ids: Iterable[str]) -> dict[str, str]:
        """The present name of each resource that exists: itself, or what it was joined to."""
        return {row["name"]: row["id"] for row in await self.rows(_ROOTS, (list(ids),))}

    async def listed(self, source: str, external_ids: Iterable[str]) -> dict[str, str]:
        """Resource ids by external id, for those that the source has or had."""
        rows = await self.rows(_AT, (source, list(external_ids)))
        return {row["external_id"]: row["resource"] for row in rows}

    async def resource_page(
        self, *, after: str, limit: int, source: str = "", external_id: str = ""
    ) -> list[Resource]:
        """Resources whose id comes after, in id order (the order in which they were first seen)."""
        values = {"after": after, "limit": limit, "source": source, "external_id": external_id}
        return await self.resources([row["id"] for row in await self.rows(_PAGE, values)])

    async def glances(self, *, after: str, limit: int, ids: Iterable[str] | None = None) -> list[Glance]:
        """Resources at a glance whose id comes after (of these ids, if any are given), in id order."""
        values = {
            "after": after,
            "limit": limit,
            "ids": None if ids is None else list(ids),
            "rows": sorted(CATALOG_ROWS),
            "live": sorted(LIVE),
            "packages": sorted(PACKAGES),
        }
        found = await self.rows(_GLANCES, values)
        aliases = await self._aliases(row["id"] for row in found)
        return [_glance(row, aliases.get(row["id"], ())) for row in found]

    async def first_listings(self, source: str, external_id: str, limit: int) -> list[tuple[str, str, str]]:
        """Resources by their first listing, after the given one: (resource, source, external id)."""
        values = {"source": source, "external_id": external_id, "limit": limit}
        rows = await self.rows(_FIRST, values)
        return [(row["resource"], row["source"], row["external_id"]) for row in rows]

    async def outlines(self, hashes: Iterable[str]) -> dict[str, Outline]:
        """Texts by outline hash."""
        rows = await self.rows(_BODIES, ([value for value in hashes if value],))
        return {row["outline_hash"]: codec.unpacked(row["parts"]) for row in rows}

    async def put_outlines(self, outlines: Mapping[str, tuple[str, Outline]]) -> None:
        """Stores texts: outline hash to content hash and text. Before the listings that name them."""
        rows = ((key, content, codec.packed(outline)) for key, (content, outline) in sorted(outlines.items()))
        await self.run_many(_PUT_BODY, rows)

    async def seen(self, source: str, external_ids: Sequence[str], number: int) -> None:
        """Notes that an import still had these listings."""
        await self.run(_SEEN, (number, source, list(external_ids)))

    async def rename_listing(self, source: str, external_id: str, renamed: str) -> None:
        """Gives a listing another external id; load its resource afterwards."""
        await self.run(_RENAME, (renamed, source, external_id))

    async def save(self, resource: Resource) -> Resource:
        """The resource as stored, a version higher; nothing happens when it is as it was loaded."""
        return (await self.save_resources([resource]))[0]

    async def save_resources(self, resources: Sequence[Resource]) -> list[Resource]:
        """Stores what differs from what this transaction loaded, new resources included; in id order.

        Aborted if somebody changed one since (it was not loaded `for_update`).
        """
        new: list[Resource] = []
        moved: list[tuple[Resource, Resource]] = []
        result: list[Resource] = []
        for resource in sorted(resources, key=lambda each: each.id):
            before = self._loaded_resources.get(resource.id)
            if before == resource:
                result.append(resource)
                continue
            version = resource.version if before is None else resource.version + 1
            saved = replace(resource, version=version, update_time=self.now)
            result.append(saved)
            if before is None:
                new.append(saved)
            else:
                moved.append((before, saved))
        await self.run_many(
            _INSERT, ((r.id, r.version, r.create_time, self.now, *_own_columns(r)) for r in new)
        )
        updates = [
            (after.version, self.now, *_own_columns(after), after.id, before.version)
            for before, after in moved
        ]
        if await self.run_many(_UPDATE, updates) != len(updates):
            raise Aborted("CONCURRENT_CHANGE", "Somebody else changed the same; try again.")
        await self._save_listings([(None, each) for each in new] + list(moved))
        for before, after in [*((None, each) for each in new), *moved]:
            text_before = before.outline_hash if before else ""
            text_changed = text_before != after.outline_hash
            self._saved_resources[after.id] = self._saved_resources.get(after.id, False) or text_changed
            self._loaded_resources[after.id] = after
        return result

    async def _save_listings(self, saved: Sequence[tuple[Resource | None, Resource]]) -> None:
        put: list[tuple[str, Listing]] = []
        owners: list[tuple[str, str]] = []
        ownerless: list[str] = []
        for before, after in saved:
            had = {listing.key: listing for listing in before.listings} if before else {}
            put += [(after.id, each) for each in after.listings if had.get(each.key) != each]
            owner = email_key(after.owner)
            owner_before = email_key(before.owner) if before else ""
            if owner != owner_before:
                self._owners_moved |= {owner, owner_before} - {""}
                if owner:
                    owners.append((after.id, owner))
                else:
                    ownerless.append(after.id)
        put.sort(key=lambda each: each[1].key)
        await self.run_many(_PUT_LISTING, (_listing_columns(*each) for each in put))
        await names.put(self, [listing for _, listing in put])
        await self.run_many(_PUT_OWNER, owners)
        if ownerless:
            await self.run("DELETE FROM resource_owners WHERE resource = ANY(%s)", (ownerless,))

    async def join(self, survivor: str, other: str) -> Resource:
        """Joins `other` to `survivor`: its listings become the survivor's, its name an alias.

        Returns the survivor; load both `for_update` before.
        """
        await self.run(_JOIN, (survivor, self.now, other))
        await self.run(_MOVE, (survivor, other))
        return await self._moved(survivor, other)

    async def split(self, alias: str) -> tuple[Resource, Resource]:
        """Undoes a join: the resource it was joined to, and `alias` as a resource with its own listings again.

        NotFound when it is no alias (any more).
        """
        row = await self.row(_PARENT, (alias,))
        if row is None or row["alias_of"] is None:
            raise NotFound("RESOURCE_NOT_FOUND", f"{alias} is not joined to another.", {"resource": alias})
        root = (await self.roots([alias]))[alias]
        await self.run(_SPLIT, {"alias": alias})
        await self.run(_UNJOIN, (self.now, alias))
        survivor = await self._moved(root, alias)
        return survivor, await self.resource(alias, for_update=True)

    async def _moved(self, survivor: str, other: str) -> Resource:
        """Bumps both for the feed; the survivor as it now is."""
        before = self._loaded_resources.pop(survivor, None)
        self._loaded_resources.pop(other, None)
        await self.run(
            "UPDATE resources SET version = version + 1, update_time = %s WHERE id = %s", (self.now, survivor)
        )
        after = await self.resource(survivor, for_update=True)
        text_changed = before is None or before.outline_hash != after.outline_hash
        self._saved_resources[survivor] = self._saved_resources.get(survivor, False) or text_changed
        self._saved_resources[other] = True
        self.touch_engagement([survivor, other])
        # Items follow the join: the feed shows their programs anew.
        named = [survivor, other, *after.aliases]
        self._saved_programs.update(row["id"] for row in await self.rows(_NAMED_IN, (named,)))
        return after


def _glance(row: Row, aliases: Iterable[str]) -> Glance:
    wished = codec.desired_value(row["desired"], codec.resource_value)

    def shown(name: str) -> Any:
        return wished[name].value if name in wished else row[name]

    observed = (
        Lifecycle.PUBLISHED if row["visible"] else Lifecycle.UNLISTED if row["hidden"] else Lifecycle.ARCHIVED
    )
    owner = shown("owner") or ""
    return Glance(
        id=row["id"],
        aliases=tuple(aliases),
        title=shown("title") or row["external_id"],
        kind=shown("kind") or "",
        owner="" if owner == NOBODY else owner,
        lifecycle=Lifecycle(str(wished["lifecycle"].value)) if "lifecycle" in wished else observed,
        sources=frozenset(row["sources"]),
        said=frozenset(name for name in (*ALWAYS_REQUIRED, *REQUIRABLE) if shown(name)),
        created=shown("created"),
        updated=shown("updated"),
        reviewed=shown("reviewed"),
        review_date=shown("review_date"),
        create_time=row["create_time"],
    )


def _own_columns(resource: Resource) -> tuple[Any, ...]:
    return (
        codec.desired_json(resource.desired),
        resource.successor,
        list(resource.equivalents),
        resource.hold,
        resource.hold_end,
        resource.unlist_time,
    )
