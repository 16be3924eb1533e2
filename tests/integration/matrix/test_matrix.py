"""Every method and route by every kind of principal: what happens is what the policy says (promises.md §3.2).

The expectation comes from policy.yaml and from what the world was made of; what happens comes from the catalog's own
services and interceptors on PostgreSQL and from the gateway's own application. A method is asked twice: at the door,
before anything is known of its object, and with an object, for each way in which the caller may stand to it.
How lists keep their counts to themselves where groups are small is proven by test_engagement.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import httpx
import pytest
from google.protobuf.message import Message
from google.type.date_pb2 import Date
from nats.aio.client import Client

from services.catalog import policy
from services.catalog.domain.people import Mode
from services.catalog.policy import About, Cell, Column, Row
from services.gateway.auth import Authenticator
from services.gateway.forward import Forwarder
from services.gateway.main import http_door
from services.gateway.methods import Method, reachable
from services.gateway.refusals import Strangers
from services.gateway.session_cookie import SessionCookie
from services.kit.clock import Clock
from services.kit.health import Readiness
from services.kit.identity import Signer
from services.kit.natsrpc import NatsChannel
from tests.integration.matrix import world as worlds
from tests.integration.matrix.world import (
    ADMITTED,
    CONCEALED,
    DENIED,
    PRINCIPALS,
    RELATIONS,
    UNAUTHENTICATED,
    Callers,
    Principal,
    World,
)
from tests.integration.review.conftest import Reviewer
from tests.unit.kit.test_small_modules import PRIVATE
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import duty_pb2, engagement_pb2, people_service_pb2, program_pb2, source_pb2
from winnow.catalog.v1.engagement_pb2 import EngagementRow
from winnow.review.v1 import checkup_pb2, suppression_pb2
from winnow.review.v1 import review_service_pb2 as review

METHODS: dict[str, Method] = reachable()
REVIEW = "/winnow.review.v1.ReviewService/"
CATALOG = "/winnow.catalog.v1.CatalogService/"
PEOPLE = "/winnow.catalog.v1.PeopleService/"
ACCEPT, REVOKE = f"{REVIEW}AcceptSuggestion", f"{REVIEW}RevokeApproval"
REJECT, UPSERT = f"{REVIEW}RejectSuggestion", f"{CATALOG}BatchUpsertResources"
SUPPRESS, RESTORE = f"{REVIEW}CreateSuppression", f"{REVIEW}RestoreSuppression"
LIFT = f"{REVIEW}LiftVerdict"
DUTIES, HANDOVER = f"{PEOPLE}SetDuties", f"{PEOPLE}OfferHandover"
SET_OWNER = "set the owner of a resource"
BY_OBJECT = frozenset({Cell.OWN, Cell.KINDS, Cell.APPROVED, Cell.AUTHORED, Cell.UNOWNED, Cell.ALONE})
STATES = {"published": "published", "archived": "archived", "in an open plan": "in a plan"}
SHAPES = ("review", "links", "unlist", "replace", "must", "gives", "gives shared")
PROPOSED = "PROPOSED"
"""Let in, and what was asked waits for somebody else's yes."""
DECIDED = {
    f"{REVIEW}UndoSuggestion": ("applied", "applied by the designer"),
    f"{REVIEW}ReopenSuggestion": ("rejected",),
}
AT_ONCE = 16
LEAST = 2_500  # of issue 5


@dataclass(frozen=True)
class Asked:
    """One cell: who does what to which object, and what the policy is asked about it.

    `says` is what it says of the object where that is a row of an action, not the method's own.
    """

    who: Principal
    method: str
    request: Message
    about: About
    says: str = ""

    def expected(self, rows: Mapping[str, Row]) -> str:
        """What the policy says: at the door first, then of the object."""
        at_the_door = worlds.judged(rows, self.who, self.method)
        if at_the_door != ADMITTED:
            return at_the_door
        if self.says:
            return self.says
        return ADMITTED if rows[self.method].allows(self.who.viewer, self.about) else DENIED


@pytest.fixture
async def callers(world: World) -> AsyncGenerator[Callers]:
    async with worlds.served(world.database, effect=False) as channel:
        yield Callers(channel, world)


def served_here() -> list[str]:
    """Every method: the catalog judges callers of the curator's, too."""
    return list(METHODS)


def own(world: World, who: Principal, name: str) -> frozenset[Column]:
    duties = world.duties.get(name, frozenset())
    return frozenset({who.duty} & duties) if who.duty else frozenset()


async def compare(callers: Callers, cells: list[Asked], ask: Callable[[Asked], Any]) -> list[str]:
    """Cells whose outcome is not what the policy says, in words."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(cell: Asked) -> str:
        async with limit:
            happened = await ask(cell)
        expected = cell.expected(policy.METHODS)
        if happened == expected:
            return ""
        return f"{cell.who.name}, {cell.method.rpartition('/')[2]}, {cell.request!s:.80}: {happened}, not {expected}"

    return [each for each in await asyncio.gather(*(one(cell) for cell in cells)) if each]


def at_the_door() -> Iterator[Asked]:
    for who, path in product(PRINCIPALS, served_here()):
        yield Asked(
            who,
            path,
            METHODS[path].input(),
            About(own=frozenset(Column), metadata=True, approved=True, authored=True),
        )


# The door does not ask for the mode, and what is neither approved nor refused by it hardly does: one of three is
# enough for every change, the others are proven before a release.
MODES = [
    Mode.HYBRID,
    *(pytest.param(mode, marks=pytest.mark.soak) for mode in (Mode.ROLE_BASED, Mode.PROGRAM_BASED)),
]


@pytest.mark.parametrize("mode", MODES)
async def test_at_the_door_each_method_lets_in_whom_the_policy_names(
    world: World, callers: Callers, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    world.set_mode(mode)
    cells = list(at_the_door())
    wrong = await compare(
        callers, cells, lambda cell: callers.outcome(cell.who, cell.method, cell.request, judge_only=True)
    )
    told(capsys, f"at the door, {mode}", len(cells))
    assert wrong == []


def on_resources(world: World) -> Iterator[tuple[str, str, Message]]:
    """Method, name of the object, request: for each object and each method that asks whose a resource is."""
    named = [path for path in served_here() if _collection(path) == "resources" and _by_object(path)]
    for relation, kind in product(RELATIONS, STATES.values()):
        resource = world.resources[relation, kind]
        for path in named:
            yield path, resource.name, METHODS[path].input(name=resource.name)
        again = api.ResourceInput(external_id=f"{relation}-{kind}", title=resource.title)
        yield (
            f"{CATALOG}BatchUpsertResources",
            resource.name,
            api.BatchUpsertResourcesRequest(source="lms", resources=[again]),
        )


def on_programs(world: World) -> Iterator[tuple[str, str, Message]]:
    for relation in RELATIONS:
        known = world.programs[relation]
        again = program_pb2.Program(source="lms", key=known.key, title=known.title, owners=known.owners)
        yield f"{CATALOG}UpsertProgram", known.name, api.UpsertProgramRequest(program=again)
        yield f"{REVIEW}RecordCheckup", known.name, checkup_pb2.RecordCheckupRequest(parent=known.name)
        rows = [
            EngagementRow(resource=name, month=Date(year=2026, month=1, day=1), enrolled=1)
            for name in (known.key, f"{relation}-published")
        ]
        use = engagement_pb2.RecordEngagementRequest(source="lms", rows=rows)
        yield f"{CATALOG}RecordEngagement", known.name, use


def objects(world: World) -> Iterator[Asked]:
    for who in worlds.signed_in():
        for path, name, request in (*on_resources(world), *on_programs(world)):
            yield Asked(who, path, request, About(own=own(world, who, name)))
        for author, name in world.announcements.items():
            path = f"{CATALOG}CloseAnnouncement"
            yield Asked(who, path, METHODS[path].input(name=name), About(authored=author == who.name))
        yield from on_changes(world, who)
        yield from on_duties(world, who)
        yield from on_rulings(world, who)
        for sender, name in world.imports.items():
            path = f"{CATALOG}AnswerImportQuestion"
            theirs = frozenset({Column.PO}) if sender == who.name else frozenset[Column]()
            yield Asked(who, path, METHODS[path].input(name=name), About(own=theirs))


def on_duties(world: World, who: Principal) -> Iterator[Asked]:
    """Whoever owns a program sets duties on it, and each owner hands on what is theirs."""
    leader = "leader@example.org"
    for relation in RELATIONS:
        program, resource = world.programs[relation].name, world.resources[relation, "published"].name
        change = duty_pb2.DutyChange(kind=duty_pb2.Duty.DESIGN, people=[leader])
        yield Asked(
            who,
            DUTIES,
            people_service_pb2.SetDutiesRequest(name=program, changes=[change]),
            About(own=own(world, who, program)),
        )
        for name, duty in ((program, Column.PO), (resource, Column.RO)):
            yield Asked(
                who,
                HANDOVER,
                people_service_pb2.OfferHandoverRequest(name=name, receiver=leader),
                About(own=own(world, who, name) & {duty}),
            )


def on_rulings(world: World, who: Principal) -> Iterator[Asked]:
    for relation in RELATIONS:
        resource = world.resources[relation, "published"].name
        about = About(own=own(world, who, resource))
        yield Asked(who, SUPPRESS, worlds.of_one(resource), about)
        yield Asked(who, RESTORE, METHODS[RESTORE].input(name=world.kept_away[relation]), about)
        yield Asked(who, LIFT, METHODS[LIFT].input(name=world.verdicts[relation]), about)


def on_changes(world: World, who: Principal) -> Iterator[Asked]:
    for (relation, shape), name in world.changes.items():
        about = About(
            own=_concerns(world, who, relation, shape),
            approved=shape == "applied by the designer" and who.name == "designer",
        )
        for path in served_here():
            if _collection(path) == "changes":
                yield Asked(who, path, METHODS[path].input(name=name), about)


def verbs(world: World) -> Iterator[Asked]:
    paths = [path for path in served_here() if _collection(path) == "suggestions" and _by_object(path)]
    for who, path, relation in product(worlds.signed_in(), paths, RELATIONS):
        if path in (ACCEPT, REVOKE):
            continue  # by its parts, see below; one's own approval or none, which is no right
        for shape in DECIDED.get(path, SHAPES):
            name = world.suggestions[relation, shape]
            about = About(
                own=_concerns(world, who, relation, shape),
                metadata=shape == "links",
                approved=shape == "applied by the designer" and who.name == "designer",
            )
            yield Asked(who, path, METHODS[path].input(name=name), about)


def _concerns(world: World, who: Principal, relation: str, shape: str) -> frozenset[Column]:
    """Duties on anything that the suggestion is about."""
    members = [world.resources[relation, kind].name for kind in worlds.MEMBERS[shape]]
    return frozenset[Column]().union(*(own(world, who, name) for name in members)) - _of_no_stage(shape)


def _of_no_stage(shape: str) -> frozenset[Column]:
    return frozenset({Column.ST} if shape in worlds.OF_NO_STAGE else ())


def _collection(path: str) -> str:
    """Of which collection the method names an object, by its HTTP rule; empty when by none."""
    for rule in METHODS[path].rules:
        if "{name=" in rule.template:
            return rule.template.partition("{name=")[2].partition("/")[0]
    return ""


def _by_object(path: str) -> bool:
    return any(cell in BY_OBJECT for cell in policy.METHODS[path].cells.values())


@pytest.mark.parametrize("mode", MODES)
async def test_with_an_object_each_method_lets_in_whom_the_policy_names(
    world: World, callers: Callers, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    world.set_mode(mode)
    cells = [*objects(world), *verbs(world)]
    wrong = await compare(callers, cells, lambda cell: callers.outcome(cell.who, cell.method, cell.request))
    told(capsys, f"with an object, {mode}", len(cells))
    assert wrong == []


@dataclass(frozen=True)
class PartOf:
    """One part of a plan as the API shows it."""

    suggestion: str
    shape: str
    relation: str
    part: str
    risk: str
    operations: frozenset[str]
    targets: frozenset[str]


async def parts(world: World, callers: Callers) -> list[PartOf]:
    """Every part of every open suggestion."""
    found: list[PartOf] = []
    leader = Reviewer(callers.channel, world.tokens["leader"])
    for relation, shape in product(RELATIONS, SHAPES):
        seen = await leader.get(world.suggestions[relation, shape])
        found += [
            PartOf(
                seen.name,
                shape,
                relation,
                part.id,
                type(seen.plan).Risk.Name(part.risk),
                frozenset(each.operation for each in part.changes),
                frozenset(each.target for each in part.changes),
            )
            for part in seen.plan.parts
        ]
    return found


def entitled(
    world: World, actions: Mapping[str, Mapping[Mode, Row]], mode: Mode, who: Principal, part: PartOf
) -> dict[str, bool]:
    """Which of the approvals that a part needs the policy lets them give."""
    theirs = [own(world, who, name) for name in part.targets]
    about = About(
        own=frozenset[Column].intersection(*theirs) - _of_no_stage(part.shape) if theirs else frozenset(),
        metadata=set(part.operations) == {"link_listings"},
        unowned=part.part == "resources" or part.relation == "unassigned",
    )
    if "set_owner" in part.operations:
        alone = replace(about, own=about.own - _in_other_programs(part))
        return {SET_OWNER: actions[SET_OWNER][mode].allows(who.viewer, alone)}
    named = (part.risk,) if part.risk != "R3" else ("R3, first", "R3, second")
    return {each: actions[f"approve {each}"][mode].allows(who.viewer, about) for each in named}


def _in_other_programs(part: PartOf) -> frozenset[Column]:
    return frozenset({Column.PO} if part.shape == "gives shared" else ())


def approvals(world: World, mode: Mode, found: list[PartOf]) -> Iterator[Asked]:
    for who, part in product(worlds.signed_in(), found):
        may = any(entitled(world, policy.ACTIONS, mode, who, part).values())
        request = review.AcceptSuggestionRequest(name=part.suggestion, parts=[part.part])
        yield Asked(who, ACCEPT, request, About(), ADMITTED if may else DENIED)


@pytest.mark.parametrize("mode", Mode)
async def test_each_part_is_approved_by_whom_the_policy_names_for_its_risk(
    world: World, callers: Callers, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    world.set_mode(mode)
    found = await parts(world, callers)
    assert {part.risk for part in found} == {"R0", "R1", "R2", "R3"}
    cells = list(approvals(world, mode, found))
    wrong = await compare(callers, cells, lambda cell: callers.outcome(cell.who, cell.method, cell.request))
    told(capsys, f"approvals, {mode}", len(cells))
    assert wrong == []


async def test_in_one_mode_alone_there_are_well_over_2500_cells(world: World, callers: Callers) -> None:
    """What the tests above ask: reflection that stops finding methods or states shows here."""
    found = await parts(world, callers)
    cells = [*at_the_door(), *objects(world), *verbs(world), *approvals(world, Mode.HYBRID, found)]
    assert len(cells) > LEAST


async def test_each_cell_turned_round_once_is_noticed(world: World, callers: Callers) -> None:
    """The same cells, judged by a copy of the policy with one cell changed: some decision is another.

    Each is turned into its opposite, and one with a condition into the same without, where cells ask it of an object.
    Of other methods no call comes to another outcome without the condition, so that the opposite is all there is:
    parts of a plan are judged by the rows of actions, below (AcceptSuggestion), one's yes and task by whose it is
    (RevokeApproval, CompleteTask), several at once each in the answer (BatchDecide, UndoBatch), and of a file or a list
    it is what is the caller's that is taken (ImportPackage, ListChanges, ExportChangeList). PublishResource is asked
    of a draft, which needs an upload that is checked: see test_publishing.
    """
    with_object = [*objects(world), *verbs(world)]
    cells = [*at_the_door(), *with_object]
    asked = {cell.method for cell in with_object}
    before = [cell.expected(policy.METHODS) for cell in cells]
    unnoticed: list[str] = []
    for path, column in product(served_here(), Column):
        row = policy.METHODS[path]
        if row.everyone:
            continue
        about = [(place, cell) for place, cell in enumerate(cells) if cell.method == path]
        ways = both_ways(row.cells[column])
        for other in ways if path in asked else ways[:1]:
            rows = {path: replace(row, cells={**row.cells, column: other})}
            if all(cell.expected(rows) == before[place] for place, cell in about):
                unnoticed.append(f"{path} {column}: {row.cells[column]} to {other}")
    assert unnoticed == []


async def test_each_cell_of_an_approval_turned_round_once_is_noticed(world: World, callers: Callers) -> None:
    """As above; which of the two approvals of R3 somebody gave shows in which is then still needed (test_routing)."""
    found = await parts(world, callers)
    everybody = list(product(worlds.signed_in(), found))
    unnoticed: list[str] = []
    approving = [each for each in policy.ACTIONS if each.startswith("approve") or each == SET_OWNER]
    for mode in Mode:
        before = [entitled(world, policy.ACTIONS, mode, *each) for each in everybody]
        for action, column in product(approving, Column):
            cell = policy.ACTIONS[action][mode].cells[column]
            for other in both_ways(cell):
                changed = with_cell(action, mode, column, other)
                if [entitled(world, changed, mode, *each) for each in everybody] == before:
                    unnoticed.append(f"{action}, {mode}, {column}: {cell} to {other}")
    assert unnoticed == []


def with_cell(action: str, mode: Mode, column: Column, cell: Cell) -> Mapping[str, Mapping[Mode, Row]]:
    """The rows of actions with one cell changed."""
    row = policy.ACTIONS[action][mode]
    changed = replace(row, cells={**row.cells, column: cell})
    return {**policy.ACTIONS, action: {**policy.ACTIONS[action], mode: changed}}


@dataclass(frozen=True)
class Doing:
    """One cell of an action that is no approval: a call that the method's own row lets in, and the action judges.

    `of_method` is what the method's own row is asked about it, None where it is not asked about an object; `of_action`
    what the action's is. `by_duty`: who may call the method by a role is not asked for the action.
    """

    who: Principal
    action: str
    method: str
    request: Message
    of_method: About | None
    of_action: About
    by_duty: bool = False

    def expected(self, actions: Mapping[str, Mapping[Mode, Row]], mode: Mode) -> str:
        """What the policy says: at the door first, then the method's row, then the action's."""
        at_the_door = worlds.judged(policy.METHODS, self.who, self.method)
        if at_the_door != ADMITTED:
            return at_the_door
        row, viewer = policy.METHODS[self.method], self.who.viewer
        if self.of_method is not None and not row.allows(viewer, self.of_method):
            return DENIED
        if self.by_duty and row.allows(viewer, About()):
            return ADMITTED
        action = actions[self.action][mode]
        if action.allows(viewer, self.of_action):
            return ADMITTED
        if self.method == SUPPRESS and Cell.PROPOSE in {
            action.cells[each] for each in policy.columns(viewer)
        }:
            return PROPOSED
        return DENIED


def doings(world: World) -> Iterator[Doing]:
    for who in worlds.signed_in():
        source = api.UpsertSourceRequest(source=source_pb2.Source(display_name=f"new by {who.name}"))
        yield Doing(who, "add a source", f"{CATALOG}UpsertSource", source, None, About())
        yield Doing(who, "suppress by filter", SUPPRESS, worlds.by_filter("more"), None, About())
        for author, name in world.rules.items():
            asked = METHODS[RESTORE].input(name=name)
            written = About(authored=author == who.name)
            yield Doing(who, "restore what is suppressed by filter", RESTORE, asked, None, written)
        yield from refusals(world, who)
        for relation, kind in product(RELATIONS, ("given", "given shared")):
            resource = world.resources[relation, kind]
            given = api.ResourceInput(
                external_id=f"{relation}-{kind}", title=resource.title, owner="leader@example.org"
            )
            request = api.BatchUpsertResourcesRequest(source="lms", resources=[given])
            theirs = own(world, who, resource.name)
            others = frozenset({Column.PO} if kind == "given shared" else ())
            about = About(own=theirs), About(own=theirs - others)
            yield Doing(who, SET_OWNER, UPSERT, request, *about, by_duty=True)


def refusals(world: World, who: Principal) -> Iterator[Doing]:
    """With the reasons that write something of their own."""
    action = "refuse as still_accurate or required"
    for relation, (shape, reason) in product(
        RELATIONS, (("review", "still_accurate"), ("unlist", "required"), ("links", "required"))
    ):
        request = review.RejectSuggestionRequest(
            name=world.suggestions[relation, shape], reason=reason, comment="Says the law."
        )
        theirs = _concerns(world, who, relation, shape)
        # Copies that go nowhere leave nothing to put on hold that could be somebody's.
        of_action = About(own=theirs - {Column.ST} if shape != "links" else frozenset[Column]())
        yield Doing(who, action, REJECT, request, About(own=theirs, metadata=shape == "links"), of_action)
    request = review.RejectSuggestionRequest(
        name=world.suggestions["own", "crossing"], reason="still_accurate", comment="It is."
    )
    concerned = own(world, who, world.resources["own", "published"].name)
    yield Doing(who, action, REJECT, request, About(own=concerned), About())


@pytest.mark.parametrize("mode", MODES)
async def test_each_action_of_a_method_is_done_by_whom_the_policy_names(
    world: World, callers: Callers, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    world.set_mode(mode)
    cells = list(doings(world))
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(cell: Doing) -> str:
        async with limit:
            happened = await callers.outcome(cell.who, cell.method, cell.request)
            if happened == ADMITTED and cell.method == SUPPRESS:
                answer = await callers.answer(cell.who, cell.method, cell.request)
                made = suppression_pb2.CreateSuppressionResponse.FromString(answer).suppression
                happened = PROPOSED if made.state == suppression_pb2.Suppression.PROPOSED else ADMITTED
        expected = cell.expected(policy.ACTIONS, mode)
        said = f"{cell.who.name}, {cell.action}, {cell.request!s:.80}: {happened}, not {expected}"
        return "" if happened == expected else said

    wrong = [each for each in await asyncio.gather(*(one(cell) for cell in cells)) if each]
    told(capsys, f"of actions, {mode}", len(cells))
    assert wrong == []


def test_each_cell_of_an_action_turned_round_once_is_noticed(world: World) -> None:
    """As above, where the method's own row leaves the action anything to say of that column."""
    cells = list(doings(world))
    unnoticed: list[str] = []
    for mode in Mode:
        for action in {cell.action for cell in cells}:
            about = [cell for cell in cells if cell.action == action]
            before = [cell.expected(policy.ACTIONS, mode) for cell in about]
            open_to = policy.METHODS[about[0].method].cells
            # Who changes owners by a role is asked for no more than that; approvals are.
            by_role = set(policy.ROLES.values()) if about[0].by_duty else set[Column]()
            for column in [each for each in Column if open_to[each].entitles and each not in by_role]:
                cell = policy.ACTIONS[action][mode].cells[column]
                for other in both_ways(cell):
                    changed = with_cell(action, mode, column, other)
                    if [each.expected(changed, mode) for each in about] == before:
                        unnoticed.append(f"{action}, {mode}, {column}: {cell} to {other}")
    assert unnoticed == []


def test_every_action_of_the_policy_has_its_cells(world: World) -> None:
    """The approvals have theirs above."""
    named = {cell.action for cell in doings(world)}
    assert named | {each for each in policy.ACTIONS if each.startswith("approve")} == set(policy.ACTIONS)


def both_ways(cell: Cell) -> list[Cell]:
    """What a cell is turned into: the opposite, and free of its condition."""
    if not cell.entitles:
        return [Cell.ALLOW]
    return [Cell.NONE, Cell.ALLOW] if cell in BY_OBJECT else [Cell.NONE]


@pytest.fixture
async def browser(world: World, callers: Callers) -> AsyncGenerator[httpx.AsyncClient]:
    """The gateway's own application before the same catalog; its curator is away."""
    authenticator = Authenticator(callers.channel, Signer(PRIVATE), Clock())
    forwarder = Forwarder(callers.channel, NatsChannel(Client()), authenticator, 1_000_000)
    strangers = Strangers(authenticator)
    app = http_door(
        METHODS, forwarder, authenticator, Readiness(), "http://winnow.example", Clock(), strangers
    )
    world.sql(
        "UPDATE credentials SET expire_time = now() - interval '1 minute' FROM persons p "
        "WHERE person = p.id AND p.email = 'expired.token@example.org'"
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client:
        yield client


NEEDS = {
    "/review/bulk": {"pick": "x", "verb": "accept"},
    "/review/bulk/undo": {"pick": "x"},
    "/people/handovers": {"of": "programs/x"},
    "/what-changed/x/match": {"list": "x"},
}
"""What a route is told before it asks anything of the API: with nothing ticked and nothing named it asks nothing."""
CODES = {UNAUTHENTICATED: 401, DENIED: 403, CONCEALED: 404, ADMITTED: 400}


async def test_over_http_each_method_lets_in_whom_the_policy_names(
    world: World, browser: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked with a parameter that there is not: who may learns that, who may not learns that."""
    bound = [(path, rule) for path, method in METHODS.items() for rule in method.rules]
    cells = 0
    wrong: list[str] = []
    for who, (path, rule) in product(PRINCIPALS, bound):
        if who.name == "service account":
            continue  # has no credential for this door
        url = re.sub(r"{\w+=(\w+)/\*}|{\w+}", r"\1/x", rule.template)
        answer = await browser.request(rule.verb, f"{url}?no_such_parameter=1", headers=sign(world, who))
        expected = CODES[worlds.judged(policy.METHODS, who, path)]
        cells += 1
        if answer.status_code != expected:
            wrong.append(f"{who.name}, {rule.verb} {url}: {answer.status_code}, not {expected}")
    told(capsys, "of HTTP bindings", cells)
    assert wrong == []


async def test_each_route_beside_the_bindings_answers_whom_the_policy_names(
    world: World, browser: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who may call none of the methods behind a route gets nothing there."""
    cells = 0
    wrong: list[str] = []
    for who, (route, given) in product(PRINCIPALS, policy.ROUTES.items()):
        if who.name == "service account" or given == "bound":
            continue
        verbs_, _, template = route.partition(" ")
        url = re.sub(r"{\w+(:path)?}", "x", template)
        for verb in verbs_.split(","):
            session = world.sessions.get(who.name, "") if not url.startswith("/v1/") else ""
            headers = (
                {"Cookie": f"{SessionCookie(secure=False).name}={session}"} if session else sign(world, who)
            )
            needs: dict[str, Any] = {"params" if verb == "GET" else "data": NEEDS.get(url)}
            answer = await browser.request(
                verb, url, headers={**headers, "Sec-Fetch-Site": "same-origin"}, **needs
            )
            cells += 1
            if given == "open":
                continue  # whoever comes; a sign-in that is none is refused for what it is
            known = session or url.startswith("/v1/")
            says = (
                {worlds.judged(policy.METHODS, who, path) for path in given} if known else {UNAUTHENTICATED}
            )
            refusals = {401} if says == {UNAUTHENTICATED} else {403, 404}
            if ADMITTED not in says and answer.status_code not in refusals:
                wrong.append(f"{who.name}, {verb} {url}: {answer.status_code}, not one of {refusals}")
    told(capsys, "of routes", cells)
    assert wrong == [], "\n".join(wrong)


def sign(world: World, who: Principal) -> dict[str, str]:
    token = world.tokens.get(who.name)
    return {"Authorization": f"Bearer {token}"} if token else {}


def told(capsys: pytest.CaptureFixture[str], what: str, cells: int) -> None:
    with capsys.disabled():
        print(f"\nmatrix: {cells} cells {what}")
