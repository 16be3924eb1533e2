"""People from a file: an administrator's own, or that of a feed, which only adds them and ends their access."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.catalog.domain.duties import Vacancy
from services.catalog.domain.people import Person, Role, Viewer, checked_email, email_key, in_role_order
from services.catalog.domain.people_feeds import PeopleFeed
from services.catalog.policy import denied
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import rerouting
from services.catalog.review.rerouting import Move
from services.catalog.usecases.consequences import Consequences, consequences
from services.catalog.usecases.people import (
    MAX_NAME,
    keep_an_administrator,
    new_person,
    pass_on_lost,
    written,
)
from services.catalog.usecases.presence import leave
from services.kit.errors import InvalidArgument, PermissionDenied, Violation

MAX_PEOPLE_FILE = 1 << 20
_ACTIVE = {"": True, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class PeopleImported:
    """Counts of what a people file did, and what its departures came to."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deactivated: int = 0
    consequences: Consequences = field(default_factory=Consequences)


@dataclass(frozen=True, slots=True)
class _Row:
    """What a file says of one person; `at` is its place."""

    at: str
    email: str
    name: str
    roles: tuple[Role, ...]
    active: bool


async def import_people(
    db: Database, viewer: Viewer, content: bytes, *, feed: str = "", validate_only: bool = False
) -> PeopleImported:
    """Adds and updates people from a CSV (email, name, roles, active), all rows or none.

    Those who are not in the file stay as they are, and so do those who have left; one's own roles may not be among
    the changes. As a `feed`, for its token or the administrator who registered it: it adds people, with roles that
    it may give, and ends their access; it changes nobody else. Nothing stays with `validate_only`.
    """
    if viewer.feed not in ("", feed):
        raise denied(viewer.method, "an administrator, or the people feed whose token it is")
    rows = _rows(content)
    async with db.rehearsal() if validate_only else db.transaction() as tx:
        await tx.lock_people()
        as_feed = await _as_feed(tx, viewer, feed) if feed else None
        taking = _Taking(tx, db, replace(viewer, feed=feed), as_feed)
        known = await tx.people_by_email(row.email for row in rows)
        if any(_takes_away(row, known.get(email_key(row.email)), feed) for row in rows):
            await rerouting.lock(tx)
        for row in rows:
            await taking.take(row, known.get(email_key(row.email)))
        return await taking.done()


def _takes_away(row: _Row, person: Person | None, feed: str) -> bool:
    """Whether somebody loses by the row their access or, but for a feed, a role: what they have to decide goes on."""
    if person is None:
        return False
    return (person.active and not row.active) or (not feed and bool(set(person.roles) - set(row.roles)))


async def _as_feed(tx: Transaction, viewer: Viewer, id_: str) -> PeopleFeed:
    feed = await tx.people_feed(id_)
    if viewer.person.id != feed.registrar:
        raise denied(viewer.method, "the people feed itself, or the administrator who registered it")
    return feed


class _Taking:
    """One file being taken in: row by row, with what it has come to so far."""

    def __init__(self, tx: Transaction, db: Database, viewer: Viewer, feed: PeopleFeed | None) -> None:
        self._tx = tx
        self._db = db
        self._viewer = viewer
        self._feed = feed
        self._counts = {"added": 0, "changed": 0, "unchanged": 0, "deactivated": 0}
        self._written: list[Person] = []
        self._renewed: list[tuple[Person, Person]] = []
        self._moves: list[Move] = []
        self._vacancies: list[Vacancy] = []

    async def take(self, row: _Row, person: Person | None) -> None:
        """Does what the row says of the person, None for somebody who is not here."""
        if person is None:
            outcome = await self._add(row)
        elif person.active and not row.active:
            _, moves, vacancies = await leave(self._tx, self._db, self._viewer, person)
            self._moves += moves
            self._vacancies += vacancies
            outcome = "deactivated"
        else:
            outcome = await self._renew(row, person)
        self._counts[outcome] += 1

    async def _add(self, row: _Row) -> str:
        if not row.active:
            return "unchanged"
        if self._feed is not None:
            self._feed.check_gives(row.roles, row.at, self._viewer.method)
        person = new_person(row.email, row.name, row.roles, self._tx.now)
        await self._tx.add_person(person)
        self._written.append(person)
        return "added"

    async def _renew(self, row: _Row, person: Person) -> str:
        wanted = replace(person, display_name=row.name or person.display_name, roles=row.roles)
        if self._feed is not None or wanted == person:
            return "unchanged"
        if person.id == self._viewer.person.id and set(row.roles) - set(person.roles):
            raise PermissionDenied(
                "OWN_ROLE",
                "Nobody grants a role to themselves.",
                {"who_can": "another administrator", "method": self._viewer.method},
            )
        if Role.ADMINISTRATOR not in row.roles:
            await keep_an_administrator(self._tx, person)
        self._written.append(await self._tx.save_person(wanted))
        self._renewed.append((person, wanted))
        return "changed"

    async def done(self) -> PeopleImported:
        """Tells of all of it."""
        if self._written:
            await written(self._tx, self._viewer, *self._written)
        for before, after in self._renewed:
            await pass_on_lost(self._tx, self._db, self._viewer, before, after)
        come = await consequences(self._tx, self._viewer, self._moves, self._vacancies)
        return PeopleImported(**self._counts, consequences=come)


def _rows(content: bytes) -> Sequence[_Row]:
    if len(content) > MAX_PEOPLE_FILE:
        raise _bad_file(f"must have at most {MAX_PEOPLE_FILE} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad_file("must be UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    header = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    if "email" not in header:
        raise _bad_file("must begin with a header that has the column email")
    rows: list[_Row] = []
    seen: set[str] = set()
    try:
        for row in reader:
            at = f"line {reader.line_num}"
            values = {key: (row.get(name) or "").strip() for key, name in header.items()}
            if not any(values.values()):
                continue
            email = checked_email(values["email"], f"content, {at}, email")
            if email_key(email) in seen:
                raise _bad_file(f"{at}: {email} occurs twice")
            seen.add(email_key(email))
            active = _ACTIVE.get(values.get("active", "").lower())
            if active is None:
                raise _bad_file(f"{at}: active is yes or no")
            name, roles = values.get("name", "")[:MAX_NAME], _roles(values.get("roles", ""), at)
            rows.append(_Row(at, email, name, roles, active))
    except csv.Error as error:
        raise _bad_file(str(error)) from error
    return rows


def _roles(text: str, at: str) -> tuple[Role, ...]:
    words = [word.upper().replace("-", "_") for word in re.split(r"[;,\s|]+", text) if word]
    unknown = [word for word in words if word not in Role.__members__]
    if unknown:
        raise _bad_file(f"{at}: {unknown[0]} is no role; roles are {', '.join(Role)}")
    return in_role_order(Role(word) for word in words)


def _bad_file(text: str) -> InvalidArgument:
    return InvalidArgument(
        "FIELD_INVALID",
        f"The people file {text}.",
        {"field": "content"},
        violations=[Violation("content", text)],
    )
