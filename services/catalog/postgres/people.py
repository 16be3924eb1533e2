"""People, their credentials and duties; written as the role that alone may."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from services.catalog.domain.duties import StageHolder
from services.catalog.domain.people import Duties, Mode, ModeAsked, Person, Role, Stage, email_key
from services.catalog.postgres.session import Row, Session, columns
from services.kit.errors import NotFound

_COLUMNS_BY_ID = """
    SELECT id, email, display_name, roles, create_time, deactivate_time, duties_version, away_until
    FROM persons WHERE id = ANY(%s) ORDER BY id
"""
_BY_EMAIL = """
    SELECT id, email, display_name, roles, create_time, deactivate_time, duties_version, away_until
    FROM persons WHERE email_key = ANY(%s) ORDER BY id
"""
_WITH_ROLE = """
    SELECT id, email, display_name, roles, create_time, deactivate_time, duties_version, away_until
    FROM persons WHERE roles && %s::text[] AND deactivate_time IS NULL ORDER BY id
"""
_PAGE = """
    SELECT id, email, display_name, roles, create_time, deactivate_time, duties_version, away_until
    FROM persons WHERE email_key > %s ORDER BY email_key LIMIT %s
"""
_INSERT = """
    INSERT INTO persons (id, email, email_key, display_name, roles, create_time, duties_version)
    VALUES (%s, %s, %s, %s, %s, %s, 1) ON CONFLICT (email_key) DO NOTHING
"""
_UPDATE = """
    UPDATE persons SET display_name = %s, roles = %s, deactivate_time = %s, away_until = %s,
        duties_version = duties_version + 1
    WHERE id = %s
"""
# Locked in the order of ids: two that move the duties of the same two people wait for each other in no circle.
_DUTIES_MOVED = """
    WITH theirs AS MATERIALIZED (
        SELECT id FROM persons WHERE email_key = ANY(%s) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE persons p SET duties_version = p.duties_version + 1 FROM theirs WHERE p.id = theirs.id RETURNING p.id
"""
_ADD_CREDENTIAL = """
    INSERT INTO credentials (id, kind, person, digest, read_only, writes_people, create_time, expire_time, author)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (digest) DO NOTHING
"""
_CREDENTIAL = """
    SELECT id, kind, person, read_only, writes_people, expire_time, author FROM credentials
    WHERE digest = %s AND expire_time > %s
"""
_SPEND = """
    DELETE FROM credentials WHERE digest = %s AND kind = 'link' AND expire_time > %s
    RETURNING id, kind, person, read_only, writes_people, expire_time, author
"""
_DROP_CREDENTIALS = "DELETE FROM credentials WHERE person = %s"
_DROP_LINKS = "DELETE FROM credentials WHERE person = %s AND kind = 'link'"
_DUTIES = """
    SELECT 'program' AS duty, id, '' AS stage FROM programs WHERE owner_keys @> ARRAY[%(key)s]
    UNION ALL
    SELECT 'resource', o.resource, '' FROM resource_owners o JOIN resources r ON r.id = o.resource
    WHERE o.owner_key = %(key)s AND r.alias_of IS NULL
    UNION ALL
    SELECT 'stage', program, stage FROM stage_holders WHERE person = %(person)s
"""
# Asked for the caller of every call. Indexes of owners have the database's own collation, e-mails of people have "C":
# without naming one, every owner and every program would be read.
_ADMITTED = """
    SELECT p.id, p.email, p.display_name, p.roles, p.create_time, p.deactivate_time, p.duties_version, p.away_until,
        c.id AS credential, c.kind, c.read_only, c.writes_people, c.expire_time, c.author,
        ARRAY(SELECT id FROM programs WHERE owner_keys @> ARRAY[p.email_key COLLATE "default"]) AS programs,
        ARRAY(
            SELECT o.resource FROM resource_owners o JOIN resources r ON r.id = o.resource
            WHERE o.owner_key = p.email_key COLLATE "default" AND r.alias_of IS NULL
        ) AS resources,
        ARRAY(SELECT ARRAY[program, stage] FROM stage_holders WHERE person = p.id) AS stages
    FROM persons p
        LEFT JOIN credentials c ON c.id = %(credential)s AND c.person = p.id AND c.expire_time > %(now)s
    WHERE p.id = %(person)s AND p.deactivate_time IS NULL
"""
_STAGE_HOLDERS = """
    SELECT program, stage, person, author, time FROM stage_holders WHERE program = ANY(%s) ORDER BY program, stage
"""
_PUT_STAGE = """
    INSERT INTO stage_holders (program, stage, person, author, time) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (program, stage) DO UPDATE SET person = excluded.person, author = excluded.author, time = excluded.time
"""
_CLEAR_STAGE = "DELETE FROM stage_holders WHERE program = %s AND stage = %s"
_AWAY = "SELECT id FROM persons WHERE away_until >= %s AND deactivate_time IS NULL"
_MODE = "SELECT mode, asked_mode, asked_by FROM responsibility"
_SET_MODE = "UPDATE responsibility SET mode = %s, asked_mode = %s, asked_by = %s"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('people', 0))"
_HAS_ROLE = "SELECT 1 FROM pg_roles WHERE rolname = 'catalog_people' AND pg_has_role(oid, 'MEMBER')"


def digest(secret: str) -> bytes:
    """What is stored of a credential's secret."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, session, one-time link or people feed's token; its secret is not here.

    `author` is the id of the administrator who made it for another person, or what that person came with to make it.
    """

    id: str
    kind: str
    person: str
    read_only: bool
    writes_people: bool
    expire_time: datetime
    author: str = ""

    @property
    def feed(self) -> str:
        """Id of the people feed whose token it is; empty for the other kinds."""
        return self.id if self.kind == "feed" else ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person who is there, with their duties and the live credential that was named, if it is theirs."""

    person: Person
    duties: Duties
    credential: Credential | None


_OF_CREDENTIAL = ("kind", "read_only", "writes_people", "expire_time", "author")
_ADDED = ("credential", *_OF_CREDENTIAL, "programs", "resources", "stages")


def _person(row: Row) -> Person:
    return Person(**columns(row, roles=tuple(Role(role) for role in row["roles"])))


class People(Session):
    """People and how they sign in."""

    async def person(self, id_: str) -> Person:
        """The person, deactivated ones too; NotFound when there is none."""
        found = await self.people([id_])
        if not found:
            raise NotFound("PERSON_NOT_FOUND", f"There is no person {id_}.", {"person": id_})
        return found[0]

    async def people(self, ids: Iterable[str]) -> list[Person]:
        """These people, in id order."""
        return [_person(row) for row in await self.rows(_COLUMNS_BY_ID, (list(ids),))]

    async def people_by_email(self, emails: Iterable[str]) -> dict[str, Person]:
        """People by folded e-mail; an address that nobody has is left out."""
        keys = {email_key(email) for email in emails}
        people = [_person(row) for row in await self.rows(_BY_EMAIL, (list(keys),))]
        return {email_key(person.email): person for person in people}

    async def people_with(self, *roles: Role) -> list[Person]:
        """Active people who hold one of the roles, in id order."""
        return [_person(row) for row in await self.rows(_WITH_ROLE, ([str(role) for role in roles],))]

    async def person_page(self, *, after: str, limit: int) -> list[Person]:
        """People whose folded e-mail comes after, by e-mail."""
        return [_person(row) for row in await self.rows(_PAGE, (after, limit))]

    async def duties(self, person: Person) -> Duties:
        """What the person owns now."""
        rows = await self.rows(_DUTIES, {"key": email_key(person.email), "person": person.id})
        return Duties(
            frozenset(row["id"] for row in rows if row["duty"] == "program"),
            frozenset(row["id"] for row in rows if row["duty"] == "resource"),
            frozenset((row["id"], Stage(row["stage"])) for row in rows if row["duty"] == "stage"),
        )

    async def admitted(self, person: str, credential: str) -> Admitted | None:
        """The person of that id with all that admitting a call takes, by one statement; None where nobody is there."""
        values = {"person": person, "credential": credential, "now": self.now}
        row = await self.row(_ADMITTED, values)
        if row is None:
            return None
        known = Person(**columns(row, *_ADDED, roles=tuple(Role(role) for role in row["roles"])))
        stages = frozenset((program, Stage(stage)) for program, stage in row["stages"])
        return Admitted(
            known,
            Duties(frozenset(row["programs"]), frozenset(row["resources"]), stages),
            Credential(
                id=row["credential"],
                person=known.id,
                **{name: row[name] for name in _OF_CREDENTIAL},
            )
            if row["credential"]
            else None,
        )

    async def stage_holders(self, programs: Iterable[str]) -> dict[str, dict[Stage, StageHolder]]:
        """What was said of the stages of these programs, by program; those who have left stand there too."""
        rows = await self.rows(_STAGE_HOLDERS, (list(programs),))
        people = {
            each.id: each for each in await self.people({row["person"] for row in rows if row["person"]})
        }
        found: dict[str, dict[Stage, StageHolder]] = {}
        for row in rows:
            holder = StageHolder(people.get(row["person"]), row["author"], row["time"])
            found.setdefault(row["program"], {})[Stage(row["stage"])] = holder
        return found

    async def put_stage(self, program: str, stage: Stage, holder: StageHolder | None) -> None:
        """Stores who holds a stage of a program; None: nothing is said of it any more."""
        before = (await self.stage_holders([program])).get(program, {}).get(stage)
        moved = {
            each.person.email for each in (before, holder) if each is not None and each.person is not None
        }
        self._owners_moved |= {email_key(email) for email in moved}
        async with self.as_people():
            if holder is None:
                await self.run(_CLEAR_STAGE, (program, str(stage)))
                return
            person = holder.person.id if holder.person else None
            await self.run(_PUT_STAGE, (program, str(stage), person, holder.author, holder.time))

    async def away(self, today: date) -> frozenset[str]:
        """Ids of active people who are away on that day."""
        return frozenset(row["id"] for row in await self.rows(_AWAY, (today,)))

    async def mode(self) -> Mode:
        """By which rules the organisation decides."""
        return (await self.mode_asked()).mode

    async def mode_asked(self) -> ModeAsked:
        """The mode in force, and the one that somebody has asked for."""
        row = await self.row(_MODE)
        if row is None:
            raise RuntimeError("responsibility has no row")
        asked = Mode(row["asked_mode"]) if row["asked_mode"] else None
        return ModeAsked(Mode(row["mode"]), asked, row["asked_by"] or "")

    async def set_mode(self, value: ModeAsked) -> None:
        """Stores the mode and what is asked for."""
        async with self.as_people():
            asked = (str(value.asked), value.asked_by) if value.asked else (None, None)
            await self.run(_SET_MODE, (str(value.mode), *asked))

    async def lock_people(self) -> None:
        """Holds everybody else's change of people until commit: "the last administrator" is a rule over all."""
        await self.run(_LOCK)

    async def add_person(self, person: Person) -> bool:
        """Stores a new person; False when the e-mail is taken."""
        roles = [str(role) for role in person.roles]
        async with self.as_people():
            return bool(
                await self.run(
                    _INSERT,
                    (
                        *(person.id, person.email, email_key(person.email), person.display_name),
                        *(roles, person.create_time),
                    ),
                )
            )

    async def save_person(self, person: Person) -> Person:
        """The person as stored, with the next duties version."""
        roles = [str(role) for role in person.roles]
        async with self.as_people():
            values = (person.display_name, roles, person.deactivate_time, person.away_until, person.id)
            await self.run(_UPDATE, values)
        return await self.person(person.id)

    async def duties_moved(self, emails: Iterable[str]) -> list[str]:
        """Gives these people the next duties version; their ids."""
        keys = sorted({email_key(email) for email in emails if email})
        if not keys:
            return []
        async with self.as_people():
            return [row["id"] for row in await self.rows(_DUTIES_MOVED, (keys,))]

    async def add_credential(
        self,
        id_: str,
        kind: str,
        person: str,
        secret: str,
        *,
        read_only: bool,
        expire_time: datetime,
        writes_people: bool = False,
        author: str = "",
    ) -> None:
        """Stores a credential's digest; one that is there already stays as it is."""
        async with self.as_people():
            may = (read_only, writes_people)
            times = (self.now, expire_time)
            await self.run(_ADD_CREDENTIAL, (id_, kind, person, digest(secret), *may, *times, author))

    async def credential(self, secret: str) -> Credential | None:
        """The live credential with this secret."""
        row = await self.row(_CREDENTIAL, (digest(secret), self.now))
        return None if row is None else Credential(**row)

    async def spend_link(self, secret: str) -> Credential | None:
        """Takes a one-time link out; None when it is spent or over."""
        async with self.as_people():
            row = await self.row(_SPEND, (digest(secret), self.now))
        return None if row is None else Credential(**row)

    async def drop_links(self, person: str) -> None:
        """Ends the one-time links of a person that nobody has spent."""
        async with self.as_people():
            await self.run(_DROP_LINKS, (person,))

    async def drop_credentials(self, person: str) -> None:
        """Ends every token, session and link of a person."""
        async with self.as_people():
            await self.run(_DROP_CREDENTIALS, (person,))

    @asynccontextmanager
    async def as_people(self) -> AsyncGenerator[None]:
        """Acts as the role that alone writes people, where the database has it."""
        separate = await self.row(_HAS_ROLE) is not None
        if separate:
            await self.run("SET LOCAL ROLE catalog_people")
        yield
        if separate:
            await self.run("RESET ROLE")
