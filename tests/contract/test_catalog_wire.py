"""Every field of the catalog's messages is filled from a full value: a field added to a .proto and forgotten fails.

Left out are fields that exist only in requests or only in one view; each is named with its reason.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from services.catalog import wire
from services.catalog.domain.announcements import Announcement
from services.catalog.domain.changes import Change, ChangeState
from services.catalog.domain.drafts import Draft
from services.catalog.domain.engagement import Month, Use
from services.catalog.domain.finished import FinishedMonth
from services.catalog.domain.house_rules import (
    HouseRules,
    NeverArchived,
    RetiredTerm,
    Retirement,
    ReviewInterval,
    Weights,
)
from services.catalog.domain.imports import (
    Counts,
    FileState,
    Import,
    ImportFile,
    ImportState,
    Problem,
    Question,
)
from services.catalog.domain.links import LinkCheck
from services.catalog.domain.page_settings import PageSettings, Place
from services.catalog.domain.participation import Figure, ItemTold, MonthTold, Told
from services.catalog.domain.people import Duties, Person, Role, Viewer
from services.catalog.domain.people_feeds import PeopleFeed
from services.catalog.domain.programs import ObservedProgram, Program, ProgramItem
from services.catalog.domain.resources import Lifecycle, Listing, Observed, Part, Resource, Visibility
from services.catalog.domain.sources import Source
from services.catalog.domain.values import Desired
from services.catalog.postgres.feed import Verdict
from services.catalog.postgres.people import Credential
from services.catalog.review.findings import Kind
from services.catalog.review.insights import Earlier, Insights, Savings
from services.catalog.review.postgres_statements import End
from services.catalog.review.ruling import Breach, Outcome
from services.catalog.usecases.feed import Digests, Entry, Page, ResourceState, Slice, Texts
from services.catalog.usecases.identity import Authenticated, Session
from services.catalog.usecases.listings import Taken
from services.catalog.usecases.page_settings import Kept
from services.catalog.usecases.participation import Learning, Recorded
from services.catalog.usecases.people import MintedToken
from services.catalog.usecases.people_feeds import RegisteredFeed
from services.catalog.usecases.people_files import PeopleImported
from services.catalog.usecases.publishing import Break, DraftState
from services.catalog.usecases.resources import Read, Upserted
from services.catalog.usecases.status import Status
from services.catalog.usecases.waiting import Waiting
from services.kit.errors import InvalidArgument
from winnow.catalog.v1.catalog_service_pb2 import ResourceInput
from winnow.catalog.v1.resource_pb2 import Part as PartMessage
from winnow.review.v1.review_service_pb2 import ListDecisionsRequest

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
DAY = date(2026, 10, 1)

OBSERVED = Observed(
    title="Title",
    description="Words.",
    kind="course",
    language="en",
    url="https://example.org/1",
    version="2",
    owner="o@example.org",
    mandatory=True,
    certification=True,
    accessible_form=True,
    duration_seconds=600,
    created=DAY,
    updated=DAY,
    review_date=DAY,
    expires=DAY,
    reviewed=DAY,
    objectives=("Know it",),
    audience="Nurses",
    links=("https://example.org/2",),
    link_texts=("the list",),
)
LISTING = Listing(
    source="lms",
    external_id="c1",
    format="scorm",
    observed=OBSERVED,
    file="a.zip",
    origin="x/a.zip",
    identifiers=("M1",),
    visibility=Visibility.HIDDEN,
    gone=True,
    outline_hash="h",
    content_hash="c",
    import_number=3,
    home="r1",
)
RESOURCE = Resource(
    id="r1",
    version=4,
    revision=9,
    create_time=NOW,
    update_time=NOW,
    listings=(LISTING,),
    desired={
        "lifecycle": Desired(Lifecycle.ARCHIVED, Lifecycle.PUBLISHED, "p1", "s1", NOW),
    },
    successor="r2",
    equivalents=("r3",),
    hold="Audit",
    hold_end=date(2027, 1, 31),
)
UNLISTED = Resource(
    id="r1",
    version=4,
    revision=9,
    create_time=NOW,
    update_time=NOW,
    listings=(LISTING,),
    desired={"lifecycle": Desired(Lifecycle.UNLISTED, Lifecycle.PUBLISHED, "p1", "s1", NOW)},
    unlist_time=NOW,
)
PROGRAM = Program(
    id="g1",
    source="lms",
    key="k",
    version=1,
    revision=2,
    create_time=NOW,
    update_time=NOW,
    observed_program=ObservedProgram(
        title="Path",
        owners=("o@example.org",),
        objectives=("Know it",),
        items=(
            ProgramItem("c1", resource="r1", prerequisites=("r2",)),
            ProgramItem("other", program="g2"),
        ),
        archived=True,
    ),
)
PERSON = Person("p1", "o@example.org", "Olga", (Role.LEARNING_LEADER,), NOW, NOW, 3)
FEED = PeopleFeed("f1", "HR", (Role.SPECIALIST,), "p1", NOW, NOW)
KEPT = Kept(PageSettings(letters_off=True, start=Place.PEOPLE, weekly_goal=25), 11)
VIEWER = Viewer(PERSON, Duties(programs=frozenset({"g1"})), read_only=True, credential="t1")
CREDENTIAL = Credential("t1", "token", "p1", read_only=True, writes_people=True, expire_time=NOW)
PART = Part("One", "a.html", "Text.")
IMPORT = Import(
    id="i1",
    number=7,
    source="lms",
    state=ImportState.PARTIAL,
    validate_only=True,
    complete=True,
    counts=Counts(1, 2, 3, 4, 5),
    create_time=NOW,
    end_time=NOW,
    files=(ImportFile(1, "a.csv", 10, FileState.DONE, recognised_as="catalog", resources=2),),
    problems=(
        Problem(True, "b.zip", "line 2", "ARCHIVE_CORRUPT", "Broken."),
        Problem(False, "a.csv", "line 3", "ROW_EMPTY", "Empty."),
    ),
    questions=(Question("q1", "a.csv", "DATE_ORDER", "Which?", ("a", "b"), "dates"),),
)
USE = Use((Month(DAY, 1, 2, 3, 4, 5.0),), DAY, in_progress=2, learners=2)
ANNOUNCEMENT = Announcement("a1", "Atlas 5.0 is out", ("Atlas",), DAY, DAY, "p1", NOW, "See the notes.", NOW)
RULES = HouseRules(
    (RetiredTerm("Staff Office", "People Team", DAY),),
    (Retirement(DAY, "Atlas", "4", "AT-4", "Atlas 5", "https://example.org/ends", "atlas"),),
    check_links=True,
    notice_days_r2=7,
    notice_days_r3=14,
    required_fields=("owner",),
    min_resource_owners=1,
    min_program_owners=1,
    never_archived=(NeverArchived("video", "lms", "Safety", "The insurer asks for it."),),
    review_intervals=(ReviewInterval("compliance", 12),),
    first_slots=5,
    slots=20,
    decided_enough=5,
    weights=Weights((0.1, 1.0, 4.0, 12.0), (2.0, 5.0, 10.0, 20.0), {"course": 8.0}, 0.05, 0.5, 0.1),
    version=3,
    author="p1",
    update_time=NOW,
)
FIGURE = Figure(9.0, basis="measured")
MONTH = MonthTold(DAY, FIGURE, FIGURE, FIGURE, FIGURE)
TOLD = Told(DAY, FIGURE, FIGURE, FIGURE, FIGURE, FIGURE, FIGURE, FIGURE, (MONTH,))
LEARNING = Learning(
    "programs/p1", "Title", 600, TOLD, (ItemTold("r1", "Title", 600, TOLD),), "r1", FIGURE, TOLD
)
INSIGHTS = Insights(
    2,
    (("course", 2),),
    (("under_1", 2),),
    1,
    1,
    ((Kind.DUPLICATE, 1),),
    Savings(1.0, 2.0),
    Savings(1.0, 2.0),
    (("o@example.org", 3, 2),),
    NOW,
    0.5,
    2,
    DAY,
    Earlier(End(4, 2, 2, 1), DAY, Savings(1.0, 2.0), 0.25),
    (("current", 2),),
    (FinishedMonth(DAY, FIGURE, FIGURE),),
)
DRAFT = Draft("d1", "a.zip", NOW, LISTING, "r1")
DEAD = LinkCheck("https://example.org/2", DAY, DAY, "It answers 404.")

CASES: dict[str, tuple[Message, frozenset[str]]] = {
    "resource": (wire.read_resource(Read(RESOURCE, (PART,))), frozenset()),
    "listing": (wire.listing(LISTING), frozenset()),
    "part": (wire.part(PART), frozenset()),
    "upserted": (wire.upserted(Upserted([RESOURCE], Taken(added=1, changed=1, unchanged=1))), frozenset()),
    "program": (wire.program(PROGRAM), frozenset()),
    "item": (wire.program(PROGRAM).items[0], frozenset({"program"})),
    "source": (wire.source(Source("s", "lms", 30, True, True, NOW, NOW)), frozenset()),
    "change": (
        wire.change(
            Change(
                *("c", "s", "resources/r1", "lms", "c1", "title", "A", "B", ChangeState.DONE),
                done_by="a@example.org",
                done_time=NOW,
                taken_back=True,
            )
        ),
        frozenset(),
    ),
    "import": (wire.import_(IMPORT, [DRAFT]), frozenset()),
    "draft": (wire.draft(DRAFT), frozenset()),
    "learning": (wire.learning(LEARNING), frozenset()),
    "learning: month": (wire.learning(LEARNING).months[0], frozenset()),
    "learning: year before": (wire.learning(LEARNING).year_before, frozenset()),
    "learning: item": (wire.learning(LEARNING).items[0], frozenset()),
    "learning: figure": (wire.learning(LEARNING).reach, frozenset({"hidden"})),
    "recorded": (wire.recorded(Recorded(1, ["c9"])), frozenset()),
    "feed: draft": (
        wire.draft_state(DraftState(RESOURCE, (Break("required_field", "owner", "Missing."),), "r2")),
        frozenset(),
    ),
    "problem": (wire.import_(IMPORT).unreadable[0], frozenset()),
    "question": (wire.import_(IMPORT).questions[0], frozenset()),
    "file": (wire.import_(IMPORT).files[0], frozenset()),
    # In test_responsibility_wire.py with its consequences.
    "person": (wire.person(PERSON), frozenset({"away_until", "consequences"})),
    "viewer": (wire.viewer(VIEWER, Waiting(2, 3, KEPT)), frozenset()),
    "page settings": (wire.page_settings(KEPT), frozenset()),
    # What consequences are made of is in test_responsibility_wire.py.
    "people imported": (wire.people_imported(PeopleImported(1, 2, 3, 4)), frozenset()),
    "people feed": (wire.registered_feed(RegisteredFeed(FEED, "e", "t")), frozenset()),
    "people feed itself": (wire.registered_feed(RegisteredFeed(FEED, "e", "t")).feed, frozenset()),
    "token": (wire.minted(MintedToken("t1", "t", NOW)), frozenset()),
    "authenticated": (wire.authenticated(Authenticated(VIEWER, CREDENTIAL)), frozenset()),
    "session": (wire.session(Session("s", NOW)), frozenset()),
    "status": (wire.status(Status(1, 2, NOW, 3, "e", 4, 5)), frozenset()),
    "feed: resource": (
        wire.resource_state(ResourceState(RESOURCE, True, (DEAD,))),
        frozenset({"hidden", "unlisted"}),
    ),
    "feed: unlisted": (
        wire.resource_state(ResourceState(UNLISTED, True, (DEAD,))),
        frozenset({"archived", "on_hold", "successor"}),
    ),
    "feed: listing": (wire.resource_state(ResourceState(RESOURCE, True, (DEAD,))).listings[0], frozenset()),
    "feed: program": (wire.program_state(PROGRAM), frozenset()),
    "feed: item": (wire.program_state(PROGRAM).items[0], frozenset({"program"})),
    "feed: engagement": (wire.engagement_state(USE), frozenset()),
    "feed: verdict": (wire.verdict_state(Verdict("a", "b", "same")), frozenset()),
    "announcement": (wire.announcement(ANNOUNCEMENT), frozenset()),
    "house rules": (wire.house_rules(RULES), frozenset()),
    "retired term": (wire.house_rules(RULES).retired_vocabulary[0], frozenset()),
    "never archived": (wire.house_rules(RULES).never_archived[0], frozenset()),
    "review interval": (wire.house_rules(RULES).review_intervals[0], frozenset()),
    "weights": (wire.house_rules(RULES).weights, frozenset()),
    "feed: review interval": (wire.house_rules_state(RULES).review_intervals[0], frozenset()),
    "violation": (wire.violation(Breach("owner", "resources/r1", "Title", "Nobody.", "s1")), frozenset()),
    "dry run": (wire.dry_run(DAY, [Outcome("notice", ["suggestions/s1"], 1)]), frozenset()),
    "dry run: outcome": (
        wire.dry_run(DAY, [Outcome("notice", ["suggestions/s1"], 1)]).outcomes[0],
        frozenset(),
    ),
    "insights": (wire.insights(INSIGHTS), frozenset()),
    "insights: finished": (wire.insights(INSIGHTS).finished[0], frozenset()),
    "insights: figure": (wire.insights(INSIGHTS).by_kind[0], frozenset({"year_before"})),
    "insights: compared": (wire.insights(INSIGHTS).rot_share, frozenset()),
    "insights: savings": (wire.insights(INSIGHTS).savings_made[0], frozenset()),
    "insights: decisions": (wire.insights(INSIGHTS).decisions[0], frozenset()),
    "retirement": (wire.house_rules(RULES).retirements[0], frozenset()),
    "feed: dead link": (wire.dead_link_state(DEAD, "the list"), frozenset()),
    "feed: house rules": (wire.house_rules_state(RULES), frozenset()),
    "feed: retired term": (wire.house_rules_state(RULES).retired_vocabulary[0], frozenset()),
    "feed: retirement": (wire.house_rules_state(RULES).retirements[0], frozenset()),
    "feed: announcement": (wire.announcement_state(ANNOUNCEMENT), frozenset()),
    "feed: texts": (wire.texts(Texts([Slice("r1", "c", 1, PART, 5)], 2, "e")), frozenset()),
    "feed: slice": (wire.texts(Texts([Slice("r1", "c", 1, PART, 5)], 2, "e")).slices[0], frozenset()),
    "feed: digests": (wire.digests(Digests([1], "e", 3)), frozenset()),
    "feed: page": (wire.states(Page([Entry("r1", 1, USE)], "e", more=True), 1000), frozenset()),
}


@pytest.mark.parametrize("name", CASES)
def test_every_field_of_the_message_is_filled(name: str) -> None:
    message, left_out = CASES[name]
    filled = {field.name for field, _ in message.ListFields()}
    wanted = {field.name for field in message.DESCRIPTOR.fields}
    assert wanted - filled == left_out


def test_the_list_behind_a_figure_of_decisions_begins_where_the_count_does() -> None:
    (figure,) = wire.insights(INSIGHTS).decisions
    path, _, query = figure.list.partition("?")
    said = parse_qs(query)
    asked: dict[str, Any] = {**{name: value for name, (value, *_) in said.items()}, "verbs": said["verbs"]}
    request = ParseDict(asked, ListDecisionsRequest())
    assert (path, request.actor, list(request.verbs)) == (
        "/v1/decisions",
        "o@example.org",
        ["accept", "reject"],
    )
    assert request.begin_time.ToDatetime(UTC) == NOW


def test_every_field_of_a_pushed_resource_is_taken_in() -> None:
    message = ResourceInput(
        external_id="c1",
        title="Title",
        description="Words.",
        kind="Course",
        language="en",
        url="https://example.org/1",
        file="a.zip",
        version="2",
        owner="o@example.org",
        mandatory=True,
        certification=True,
        accessible_form=True,
        duration_seconds=600,
        outline=[PartMessage(title="One", location="a.html", text="Text.")],
        objectives=["Know it"],
        audience="Nurses",
        visibility="hidden",
    )
    for day in (message.created, message.updated, message.review_date):
        day.year, day.month, day.day = 2026, 10, 1
    assert {field.name for field, _ in message.ListFields()} == {f.name for f in message.DESCRIPTOR.fields}
    taken = wire.incoming(message, "lms", "resources[0]")
    observed: dict[str, Any] = {name: getattr(OBSERVED, name) for name in Observed.__slots__}
    unsaid: dict[str, Any] = {"expires": None, "reviewed": None, "links": (), "link_texts": ()}
    assert taken.listing.observed == Observed(**{**observed, **unsaid})
    assert (taken.listing.external_id, taken.listing.file, taken.listing.visibility) == (
        "c1",
        "a.zip",
        Visibility.HIDDEN,
    )
    assert taken.outline == (PART,)


def test_a_lifetime_beyond_a_year_is_refused() -> None:
    assert wire.ttl(60) == timedelta(minutes=1)
    with pytest.raises(InvalidArgument):
        wire.ttl(400 * 86_400)
