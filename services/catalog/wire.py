"""Where the core's domain values meet protobuf messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.catalog.domain.changes import Change, ChangeState
from services.catalog.domain.engagement import Use
from services.catalog.domain.imports import Import, ImportFile, ImportState, Problem, Question
from services.catalog.domain.people import Person, Role, Viewer
from services.catalog.domain.programs import Items, ObservedProgram, Program, ProgramItem
from services.catalog.domain.resources import (
    Lifecycle,
    Listing,
    Observed,
    Outline,
    Part,
    Resource,
    Visibility,
)
from services.catalog.domain.sources import Source
from services.catalog.postgres.feed import StateKind, Verdict
from services.catalog.usecases.feed import Digests, Entry, Page, ResourceState, Texts
from services.catalog.usecases.identity import Authenticated, Session
from services.catalog.usecases.listings import Incoming, with_description
from services.catalog.usecases.people import MintedToken, PeopleImported
from services.catalog.usecases.resources import Read, Upserted
from services.catalog.usecases.status import Status
from services.kit.errors import InvalidArgument, Violation
from services.kit.protobuf import date_message, date_value, timestamp
from winnow.catalog.v1 import (
    catalog_service_pb2,
    import_pb2,
    people_service_pb2,
    program_pb2,
    resource_pb2,
    source_pb2,
)
from winnow.internal.v1 import feed_service_pb2, identity_service_pb2

MAX_TITLE = 1000
MAX_EXTERNAL_ID = 500


def bad_field(field: str, text: str) -> InvalidArgument:
    """The error of one field."""
    return InvalidArgument(
        "FIELD_INVALID", f"{field} {text}.", {"field": field}, violations=[Violation(field, text)]
    )


def id_of(name: str, collection: str, field: str = "name") -> str:
    """The id in `collection/{id}`; InvalidArgument when the name is of another form."""
    prefix, slash, id_ = name.partition("/")
    if prefix != collection or not slash or not id_ or "/" in id_ or len(id_) > 100:
        raise bad_field(field, f"must be {collection}/{{id}}")
    return id_


def _day(value: object) -> Date | None:
    return date_message(value) if isinstance(value, date) else None


def _date(message: Date, field: str) -> date | None:
    try:
        return date_value(message)
    except ValueError:
        raise bad_field(field, "is no day of the calendar") from None


def _texts(value: object) -> list[str]:
    return [str(each) for each in cast("tuple[object, ...]", value)] if isinstance(value, tuple) else []


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


# Resources


def part(value: Part) -> resource_pb2.Part:
    """A piece of a text."""
    return resource_pb2.Part(title=value.title, location=value.location, text=value.text)


def listing(value: Listing) -> resource_pb2.Listing:
    """How one source shows a resource."""
    return resource_pb2.Listing(
        source=value.source,
        external_id=value.external_id,
        format=value.format,
        title=value.observed.title,
        file=value.file,
        visibility=str(value.visibility),
        gone=value.gone,
    )


def resource(value: Resource, outline: Outline = ()) -> resource_pb2.Resource:
    """A resource as shown."""
    return resource_pb2.Resource(
        name=f"resources/{value.id}",
        etag=value.etag,
        title=value.title,
        description=str(value.shown("description")),
        kind=str(value.shown("kind")),
        language=value.language,
        url=str(value.shown("url")),
        version=str(value.shown("version")),
        owner=value.owner,
        mandatory=value.mandatory,
        duration_seconds=_int(value.shown("duration_seconds")),
        created=_day(value.shown("created")),
        updated=_day(value.shown("updated")),
        review_date=_day(value.shown("review_date")),
        lifecycle=resource_pb2.Resource.Lifecycle.Value(str(value.lifecycle)),
        successor=f"resources/{value.successor}" if value.successor else "",
        equivalents=[f"resources/{each}" for each in value.equivalents],
        hold=value.hold,
        listings=[listing(each) for each in value.listings],
        outline=[part(each) for each in outline],
        content_hash=value.content_hash,
        objectives=_texts(value.shown("objectives")),
        links=value.links,
        pending_fields=value.pending_fields,
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
        expires=_day(value.shown("expires")),
        reviewed=_day(value.shown("reviewed")),
    )


def read_resource(value: Read) -> resource_pb2.Resource:
    """A resource with the text that was asked for."""
    return resource(value.resource, value.outline)


def upserted(value: Upserted) -> catalog_service_pb2.BatchUpsertResourcesResponse:
    """What a batch wrote."""
    return catalog_service_pb2.BatchUpsertResourcesResponse(
        resources=[resource(each) for each in value.resources],
        added=value.taken.added,
        changed=value.taken.changed,
        unchanged=value.taken.unchanged,
    )


def outline(parts: Sequence[resource_pb2.Part], field: str) -> Outline:
    """A text; InvalidArgument when two parts share a place or one has none."""
    places = [each.location for each in parts]
    if not all(places) or len(set(places)) < len(places):
        raise bad_field(field, "needs a location of its own for each part")
    return tuple(Part(each.title, each.location, each.text) for each in parts)


def incoming(message: catalog_service_pb2.ResourceInput, source: str, field: str) -> Incoming:
    """A listing as a system pushes it; InvalidArgument names the field that is out of range."""
    if not 1 <= len(message.external_id) <= MAX_EXTERNAL_ID:
        raise bad_field(f"{field}.external_id", f"must have 1 to {MAX_EXTERNAL_ID} characters")
    if len(message.title) > MAX_TITLE:
        raise bad_field(f"{field}.title", f"must have at most {MAX_TITLE} characters")
    if message.duration_seconds < 0:
        raise bad_field(f"{field}.duration_seconds", "must not be negative")
    visibility = message.visibility or str(Visibility.VISIBLE)
    if visibility not in set(Visibility):
        raise bad_field(f"{field}.visibility", "must be visible, hidden or archived")
    text, described_only = with_description(outline(message.outline, f"{field}.outline"), message.description)
    return Incoming(
        Listing(
            source=source,
            external_id=message.external_id,
            format="api",
            observed=Observed(
                title=message.title,
                description=message.description,
                kind=message.kind.lower(),
                language=message.language,
                url=message.url,
                version=message.version,
                owner=message.owner,
                mandatory=message.mandatory or None,
                duration_seconds=message.duration_seconds,
                created=_date(message.created, f"{field}.created"),
                updated=_date(message.updated, f"{field}.updated"),
                review_date=_date(message.review_date, f"{field}.review_date"),
                objectives=tuple(message.objectives),
            ),
            file=message.file,
            visibility=Visibility(visibility),
            described_only=described_only,
        ),
        text,
    )


# Programs and sources


def _item(value: ProgramItem) -> program_pb2.ProgramItem:
    return program_pb2.ProgramItem(
        resource=f"resources/{value.resource}" if value.resource else "",
        program=f"programs/{value.program}" if value.program else "",
        reference=value.reference,
        mandatory=value.mandatory,
        prerequisites=[f"resources/{each}" for each in value.prerequisites],
    )


def program(value: Program) -> program_pb2.Program:
    """A program as shown."""
    return program_pb2.Program(
        name=f"programs/{value.id}",
        etag=value.etag,
        key=value.key,
        source=value.source,
        title=value.title,
        owners=value.owners,
        objectives=value.objectives,
        items=[_item(each) for each in value.items],
        archived=value.archived,
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
    )


def observed_program(message: program_pb2.Program) -> ObservedProgram:
    """A program as its source shows it."""
    items: Items = tuple(
        ProgramItem(
            reference=each.reference,
            resource=id_of(each.resource, "resources", f"program.items[{number}].resource")
            if each.resource
            else "",
            program=id_of(each.program, "programs", f"program.items[{number}].program")
            if each.program
            else "",
            mandatory=each.mandatory,
            prerequisites=tuple(
                id_of(name, "resources", f"program.items[{number}].prerequisites")
                for name in each.prerequisites
            ),
        )
        for number, each in enumerate(message.items)
    )
    for number, each in enumerate(items):
        if bool(each.resource) + bool(each.program) > 1 or not (
            each.resource or each.program or each.reference
        ):
            raise bad_field(f"program.items[{number}]", "needs a resource, a program or a reference")
    return ObservedProgram(
        title=message.title,
        owners=tuple(message.owners),
        objectives=tuple(message.objectives),
        items=items,
        archived=message.archived,
    )


def source(value: Source) -> source_pb2.Source:
    """A source."""
    return source_pb2.Source(
        name=f"sources/{value.id}",
        display_name=value.display_name,
        rhythm_days=value.rhythm_days,
        no_learners=value.without_learners,
        import_time=timestamp(value.import_time) if value.import_time else None,
        engagement_time=timestamp(value.engagement_time) if value.engagement_time else None,
    )


def change(value: Change) -> catalog_service_pb2.Change:
    """A line of the change list."""
    return catalog_service_pb2.Change(
        name=f"changes/{value.id}",
        suggestion=f"suggestions/{value.suggestion}",
        target=value.target,
        source=value.source,
        external_id=value.external_id,
        field=value.field,
        from_value=value.from_value,
        to_value=value.to_value,
        state=catalog_service_pb2.Change.State.Value(str(value.state)),
    )


def change_state(number: int) -> ChangeState | None:
    """The state asked for; None for all."""
    if not number:
        return None
    if number not in catalog_service_pb2.Change.State.values():
        raise bad_field("state", "is no state of a change")
    return ChangeState(
        catalog_service_pb2.Change.State.Name(catalog_service_pb2.Change.State.ValueType(number))
    )


# Imports

_IMPORT_STATES = {
    ImportState.RUNNING: import_pb2.Import.RUNNING,
    ImportState.SUCCEEDED: import_pb2.Import.SUCCEEDED,
    ImportState.PARTIAL: import_pb2.Import.PARTIAL,
    ImportState.FAILED: import_pb2.Import.FAILED,
}


def _problem(value: Problem) -> import_pb2.ImportProblem:
    return import_pb2.ImportProblem(
        file=value.file, place=value.place, reason=value.reason, message=value.message
    )


def _question(value: Question) -> import_pb2.ImportQuestion:
    return import_pb2.ImportQuestion(
        id=value.id, file=value.file, reason=value.reason, text=value.text, choices=value.choices
    )


def _recognised(value: ImportFile) -> import_pb2.RecognisedFile:
    return import_pb2.RecognisedFile(
        file=value.path, recognised_as=value.recognised_as, resources=value.resources
    )


def import_(value: Import) -> import_pb2.Import:
    """An import with its problems and open questions."""
    recognised = [_recognised(each) for each in value.files if each.recognised_as]
    return import_pb2.Import(
        name=f"imports/{value.id}",
        source=value.source,
        state=_IMPORT_STATES[value.state],
        added=value.counts.added,
        changed=value.counts.changed,
        unchanged=value.counts.unchanged,
        gone=value.counts.gone,
        events=value.counts.events,
        unreadable=[_problem(each) for each in value.problems if each.unreadable],
        warnings=[_problem(each) for each in value.problems if not each.unreadable],
        questions=[_question(each) for each in value.open_questions],
        files=recognised if value.validate_only else [],
        create_time=timestamp(value.create_time),
        end_time=timestamp(value.end_time) if value.end_time else None,
        files_received=len(value.files),
        files_done=sum(each.state != "waiting" for each in value.files),
    )


# People


def person(value: Person) -> people_service_pb2.Person:
    """A person."""
    return people_service_pb2.Person(
        name=f"people/{value.id}",
        email=value.email,
        display_name=value.display_name,
        roles=[people_service_pb2.Person.Role.Value(str(role)) for role in value.roles],
        deactivate_time=timestamp(value.deactivate_time) if value.deactivate_time else None,
        create_time=timestamp(value.create_time),
    )


def role(number: int, field: str = "role") -> Role:
    """The role asked for."""
    kinds = people_service_pb2.Person.Role
    if not number or number not in kinds.values():
        raise bad_field(field, f"must be one of {', '.join(Role)}")
    return Role(kinds.Name(kinds.ValueType(number)))


def viewer(value: Viewer) -> people_service_pb2.Viewer:
    """The caller."""
    return people_service_pb2.Viewer(
        person=person(value.person),
        read_content=value.reads_content,
        read_only=value.read_only,
        owned_programs=[f"programs/{each}" for each in sorted(value.duties.programs)],
    )


def people_imported(value: PeopleImported) -> people_service_pb2.ImportPeopleResponse:
    """What a people file did."""
    return people_service_pb2.ImportPeopleResponse(
        added=value.added, changed=value.changed, unchanged=value.unchanged
    )


def minted(value: MintedToken) -> people_service_pb2.ApiToken:
    """A fresh token."""
    return people_service_pb2.ApiToken(token=value.token, expire_time=timestamp(value.expire_time))


def ttl(seconds: int) -> timedelta:
    """A token's life; InvalidArgument beyond what a duration can say."""
    if not 0 <= seconds <= 366 * 86_400:
        raise bad_field("ttl", "must be 0 to 366 days")
    return timedelta(seconds=seconds)


def authenticated(value: Authenticated) -> identity_service_pb2.AuthenticateResponse:
    """Whom a credential stands for."""
    token = value.credential.kind == "token"
    return identity_service_pb2.AuthenticateResponse(
        person=value.viewer.person.id,
        duties_version=value.viewer.person.duties_version,
        read_content=value.viewer.reads_content,
        read_only=value.viewer.read_only,
        expire_time=timestamp(value.credential.expire_time),
        token_id=value.credential.id if token else "",
        display_name=value.viewer.person.display_name,
    )


def session(value: Session) -> identity_service_pb2.OpenSessionResponse:
    """A session."""
    return identity_service_pb2.OpenSessionResponse(
        session=value.secret, expire_time=timestamp(value.expire_time)
    )


def status(value: Status) -> catalog_service_pb2.ProcessingStatus:
    """What the catalog has still to do."""
    return catalog_service_pb2.ProcessingStatus(
        running_imports=value.running_imports,
        outbox=value.outbox,
        lag=value.lag or 0,
        due_plans=value.due_plans,
        feed_revision=value.feed_revision,
        oldest_outbox_time=timestamp(value.oldest_outbox_time) if value.oldest_outbox_time else None,
        epoch=value.epoch,
        nats_connected=value.lag is not None,
    )


# The feed


def state_kind(number: int) -> StateKind:
    """The kind asked for."""
    if number not in set(StateKind):
        raise bad_field("kind", "must name a kind of state")
    return StateKind(number)


def resource_state(value: ResourceState) -> feed_service_pb2.ResourceState:
    """A resource without its text."""
    shown = value.resource
    return feed_service_pb2.ResourceState(
        title=shown.title,
        language=shown.language,
        kind=str(shown.shown("kind")),
        version=str(shown.shown("version")),
        owner=shown.owner,
        owner_active=value.owner_active,
        created=_day(shown.shown("created")),
        updated=_day(shown.shown("updated")),
        reviewed=_day(shown.shown("reviewed")),
        review_date=_day(shown.shown("review_date")),
        expires=_day(shown.shown("expires")),
        mandatory=shown.mandatory,
        archived=shown.lifecycle is Lifecycle.ARCHIVED,
        on_hold=bool(shown.hold),
        content_hash=shown.content_hash,
        links=shown.links,
        listings=[
            feed_service_pb2.ListingState(
                source=each.source, external_id=each.external_id, format=each.format
            )
            for each in shown.listings
        ],
        successor=shown.successor,
        duration_seconds=_int(shown.shown("duration_seconds")),
        objectives=_texts(shown.shown("objectives")),
        hidden=shown.lifecycle is Lifecycle.UNLISTED,
    )


def program_state(value: Program) -> feed_service_pb2.ProgramState:
    """A program."""
    return feed_service_pb2.ProgramState(
        title=value.title,
        owners=value.owners,
        objectives=value.objectives,
        items=[
            feed_service_pb2.ProgramItemState(
                resource=each.resource, program=each.program, mandatory=each.mandatory
            )
            for each in value.items
        ],
        archived=value.archived,
    )


def engagement_state(value: Use) -> feed_service_pb2.EngagementState:
    """Use of a resource."""
    year = value.year
    return feed_service_pb2.EngagementState(
        started_year=year.started,
        completed_year=year.completed,
        seconds_year=year.seconds,
        in_progress=value.in_progress or 0,
        newest_month=_day(value.newest),
        started_months=value.started_months,
    )


def verdict_state(value: Verdict) -> feed_service_pb2.VerdictState:
    """A verdict."""
    return feed_service_pb2.VerdictState(a=value.a, b=value.b, verdict=value.verdict)


def state(entry: Entry) -> feed_service_pb2.State:
    """An object of the feed."""
    message = feed_service_pb2.State(id=entry.id, revision=entry.revision, gone=entry.state is None)
    match entry.state:
        case ResourceState():
            message.resource.CopyFrom(resource_state(entry.state))
        case Program():
            message.program.CopyFrom(program_state(entry.state))
        case Use():
            message.engagement.CopyFrom(engagement_state(entry.state))
        case Verdict():
            message.verdict.CopyFrom(verdict_state(entry.state))
        case None:
            pass
    return message


def states(page: Page, limit: int) -> feed_service_pb2.ListStatesResponse:
    """A page of states of at most about `limit` bytes, at least one."""
    response = feed_service_pb2.ListStatesResponse(epoch=page.epoch, more=page.more)
    size = 0
    for entry in page.entries:
        message = state(entry)
        size += message.ByteSize() + 4
        if size > limit and response.states:
            response.more = True
            break
        response.states.append(message)
    return response


def texts(value: Texts) -> feed_service_pb2.GetTextsResponse:
    """Slices of texts."""
    return feed_service_pb2.GetTextsResponse(
        slices=[
            feed_service_pb2.TextSlice(
                id=each.resource,
                content_hash=each.content_hash,
                part=each.number,
                title=each.part.title,
                location=each.part.location,
                text=each.part.text,
                offset=each.offset,
            )
            for each in value.slices
        ],
        next_page=value.next_page,
        epoch=value.epoch,
    )


def digests(value: Digests) -> feed_service_pb2.GetDigestsResponse:
    """Digests by bucket."""
    return feed_service_pb2.GetDigestsResponse(
        digests=value.digests, epoch=value.epoch, revision=value.revision
    )


def detail(value: object) -> Message | None:
    """The message of a value attached to an error."""
    if isinstance(value, Resource):
        return resource(value)
    return program(value) if isinstance(value, Program) else None
