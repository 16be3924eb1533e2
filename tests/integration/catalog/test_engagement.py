"""How people learn, as every role is told: from 200 pseudonymous learners to figures, and what no door tells.

The expected figures are counted here from the rows that go in, with sets alone. Not proven: what two answers at
different times tell together.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any

import grpc
import pytest
from google.type.date_pb2 import Date

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import CatalogProcess, SignedIn
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import engagement_pb2, program_pb2
from winnow.catalog.v1.engagement_pb2 import Engagement, EngagementRow

MONTHS = [date(2025 + (5 + n) // 12, (5 + n) % 12 + 1, 1) for n in range(12)]  # June 2025 to May 2026


@dataclass(frozen=True)
class Row:
    """One learner's month, as an LMS knows it."""

    resource: str
    learner: int
    month: date
    completed: bool
    seconds: int = 0
    rating: int | None = None


def sample() -> list[Row]:
    """Two hundred learners: all in `wells`, fewer in `pumps`, fewest in `tanks`; four in `rare`."""
    rows: list[Row] = []
    for n in range(200):
        turn = n // 12 % 2 == 0
        rows.append(Row("wells", n, MONTHS[n % 12], turn, 900 + n, 1 + n % 5 if n % 3 else None))
        if n < 150:
            rows.append(Row("pumps", n, MONTHS[n % 10], n // 10 % 3 > 0, 1200))
        if n < 60:
            rows.append(Row("tanks", n, MONTHS[n % 4], n // 4 % 2 == 0, 300))
    rows += [Row("rare", n, MONTHS[3], True, 60, 5) for n in range(4)]
    # One month with four, the next smallest with six, the others larger: 46 in all.
    sizes = [4, 6, 12, 12, 12]
    first = iter(range(200))
    rows += [
        Row("gates", next(first), MONTHS[at], False, 100)
        for at, size in enumerate(sizes)
        for _ in range(size)
    ]
    return rows


def as_csv(rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(["resource", "month", "learner", "enrolled", "started", "completed", "seconds", "rating"])
    for row in rows:
        end, rating = int(row.completed), "" if row.rating is None else row.rating
        out.writerow([row.resource, f"{row.month:%Y-%m}", f"u{row.learner}", 1, 1, end, row.seconds, rating])
    return text.getvalue().encode()


def as_messages(rows: Iterable[Row]) -> list[EngagementRow]:
    return [
        EngagementRow(
            resource=row.resource,
            month=Date(year=row.month.year, month=row.month.month, day=1),
            learner=f"u{row.learner}",
            enrolled=1,
            started=1,
            completed=int(row.completed),
            seconds=row.seconds,
            rating=row.rating,
        )
        for row in rows
    ]


COURSES = ("wells", "pumps", "tanks", "rare", "gates")


@pytest.fixture
async def names(first: SignedIn) -> dict[str, str]:
    """Names of the courses and programs by external id, their use recorded: half as a file, half over the API."""
    courses = [
        api.ResourceInput(
            external_id=key, title=key.title(), description=f"About {key}.", duration_seconds=600
        )
        for key in COURSES
    ]
    saved = await first(
        "BatchUpsertResources", api.BatchUpsertResourcesRequest(source="lms", resources=courses)
    )
    found = {each.listings[0].external_id: each.name for each in saved.resources}
    for key, items in {"water": ("wells", "pumps", "tanks"), "yard": ("gates", "rare")}.items():
        program = program_pb2.Program(source="lms", key=key, title=key.title())
        for item in items:
            program.items.add(reference=item, mandatory=True)
        found[key] = (await first("UpsertProgram", api.UpsertProgramRequest(program=program))).name
    rows = sample()
    await first.imported("lms", {"use.csv": as_csv(rows[::2])})
    answer = await record(first, rows[1::2])
    assert (answer.recorded, list(answer.unresolved)) == (len(rows[1::2]), [])
    return found


async def record(
    person: SignedIn, rows: Iterable[Row], **more: Any
) -> engagement_pb2.RecordEngagementResponse:
    request = engagement_pb2.RecordEngagementRequest(source="lms", rows=as_messages(rows), **more)
    return await person("RecordEngagement", request)


async def asked(person: SignedIn, name: str) -> Engagement:
    return await person("QueryEngagement", engagement_pb2.QueryEngagementRequest(name=name))


def people(rows: Iterable[Row]) -> int:
    return len({row.learner for row in rows})


def within(rows: Iterable[Row], months: int, *, earlier: bool = False) -> list[Row]:
    """Rows of the newest months, or of the same a year before."""
    last = MONTHS[-1].year - earlier
    ends = {date(last - (month > 5), month, 1) for month in ((4 - n) % 12 + 1 for n in range(months))}
    return [row for row in rows if row.month in ends]


async def of_program(
    person: SignedIn, name: str, months: int = 0, *, year_before: bool = False
) -> Engagement:
    request = engagement_pb2.BatchQueryEngagementRequest(names=[name], months=months, year_before=year_before)
    return (await person("BatchQueryEngagement", request)).engagements[name]


async def test_a_program_is_told_of_shorter_periods_and_of_the_year_before(
    first: SignedIn, names: dict[str, str]
) -> None:
    rows = [row for row in sample() if row.resource in ("wells", "pumps", "tanks")]
    earlier = [
        Row(key, n, month.replace(year=month.year - 1), n % 3 == 0, 100)
        for n in range(120)
        for key, month in (("wells", MONTHS[n % 12]), ("pumps", MONTHS[n % 5]), ("tanks", MONTHS[3]))
    ]
    assert not (await of_program(first, names["water"], year_before=True)).HasField("year_before")
    await record(first, earlier)
    everything = [*rows, *earlier]
    whole = {row.learner for row in earlier if row.learner % 3 == 0}
    for months in (12, 6, 3):
        found = await of_program(first, names["water"], months, year_before=True)
        assert found.reach.value == people(within(rows, months))
        before = within(earlier, months, earlier=True)
        assert found.year_before.reach.value == people(before)
        assert found.year_before.started.value == people(before)
        # Who learned in these months and has finished all of it by their end.
        assert found.year_before.completed.value == len(whole & {row.learner for row in before})
        seconds = sum(row.seconds for row in before) / people(before)
        assert found.year_before.real_seconds.value == pytest.approx(seconds, abs=0.1)
        assert not (await of_program(first, names["water"], months)).HasField("year_before")
    alone = await asked(first, names["water"])
    del alone.months[:], alone.items[:]
    assert await of_program(first, names["water"]) == alone
    assert people(everything) == 200


async def test_how_many_are_in_both_of_two_programs_is_told_where_both_are_known_by_learner(
    first: SignedIn, names: dict[str, str]
) -> None:
    async def both(*programs: str) -> engagement_pb2.GroupFigure:
        wanted = [names[each] for each in programs]
        request = engagement_pb2.BatchQueryEngagementRequest(names=wanted, in_both=True)
        return (await first("BatchQueryEngagement", request)).in_both

    alone = await both("water", "yard")  # who learned with an item of both would count as in both
    assert (alone.HasField("value"), alone.hidden) == (False, False)
    await record(first, [Row("water", n, MONTHS[11], False) for n in range(40)])
    await record(first, [Row("yard", n, MONTHS[n % 12], False) for n in range(20, 60)])
    assert (await both("water", "yard")).value == 20
    # With it sixty are known to be in either: a program around the two that has three more would tell of those.
    outer = program_pb2.Program(source="lms", key="land", title="Land")
    for key in ("water", "yard"):
        outer.items.add(program=names[key])
    land = (await first("UpsertProgram", api.UpsertProgramRequest(program=outer))).name
    await record(first, [Row("land", n, MONTHS[11], False) for n in range(63)])
    assert (await asked(first, land)).reach.value == 63
    hidden = await both("water", "yard")
    assert (hidden.HasField("value"), hidden.hidden) == (False, True)
    await record(first, [Row("land", n, MONTHS[11], False) for n in range(63, 65)])
    assert (await both("water", "yard")).value == 20
    await record(first, [Row("yard", n, MONTHS[2], False) for n in range(4, 20)])
    hidden = await both("water", "yard")  # four are in the first alone
    assert (hidden.HasField("value"), hidden.hidden) == (False, True)
    # All of the first are in the second, too; an item that three fewer take hides the first, and so who is in both.
    await record(first, [Row("yard", n, MONTHS[2], False) for n in range(4)])
    assert (await both("water", "yard")).value == 40
    await record(first, [Row("water", n, MONTHS[11], False) for n in range(40, 203)])
    await record(first, [Row("yard", n, MONTHS[2], False) for n in range(60, 203)])
    hidden = await both("water", "yard")
    assert (hidden.HasField("value"), hidden.hidden) == (False, True)
    for wrong in (("water",), ("water", "wells")):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await both(*wrong)
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_of_the_year_before_nothing_is_told_where_its_deliverer_knows_of_half_of_it(
    first: SignedIn, names: dict[str, str]
) -> None:
    await record(first, [Row("wells", n, date(2024, 12, 1), False) for n in range(50)])
    found = {
        months: await of_program(first, names["water"], months, year_before=True) for months in (12, 6, 3)
    }
    assert {months: each.HasField("year_before") for months, each in found.items()} == {
        12: False,
        6: True,
        3: True,
    }
    assert (found[6].year_before.reach.value, found[3].year_before.reach.value) == (50, 0)


@pytest.mark.parametrize("as_sums", [True, False])
async def test_two_periods_do_not_tell_a_few_that_one_has_beyond_the_other(
    first: SignedIn, names: dict[str, str], as_sums: bool
) -> None:
    """Three learned in the fall and forty since: the year less its newer half, or less its months, would tell them."""
    sizes = {MONTHS[4]: 3, MONTHS[7]: 20, MONTHS[8]: 20, MONTHS[11]: 30}
    for year in (0, 1):
        months = {month.replace(year=month.year - year): size for month, size in sizes.items()}
        if as_sums:
            rows = [
                EngagementRow(
                    resource="yard",
                    month=Date(year=month.year, month=month.month, day=1),
                    enrolled=size,
                    started=size,
                    completed=size,
                )
                for month, size in months.items()
            ]
            request = engagement_pb2.RecordEngagementRequest(source="lms", rows=rows)
            await first("RecordEngagement", request)
        else:
            one = iter(range(1000 * year, 1000 * year + 1000))
            await record(
                first,
                [Row("yard", next(one), month, True) for month, size in months.items() for _ in range(size)],
            )
    await record(first, [Row("wells", 0, date(2024, 6, 1), False)])
    shown = await asked(first, names["yard"])
    told = {months: await of_program(first, names["yard"], months, year_before=True) for months in (12, 6, 3)}
    for at, each in told.items():
        for said in (each, each.year_before):
            figures = (said.reach, said.started, said.completed)
            assert [figure.hidden for figure in figures] == [at == 6] * 3, (at, said)
            assert said.completion.hidden is (at == 6)
    unseen = [each.month.month for each in shown.months if each.reach.hidden]
    assert unseen == [MONTHS[4].month, MONTHS[7].month]
    rest = told[12].reach.value - sum(each.reach.value for each in shown.months)
    assert rest == 23


@pytest.mark.parametrize(
    "more", [{"months": 6}, {"year_before": True}, {"months": 5, "names": []}, {"months": -3, "names": []}]
)
async def test_resources_are_told_of_a_year_alone_and_programs_of_the_periods_there_are(
    first: SignedIn, names: dict[str, str], more: dict[str, Any]
) -> None:
    asked_for: dict[str, Any] = {"names": [names["wells"]]}
    request = engagement_pb2.BatchQueryEngagementRequest(**{**asked_for, **more})
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first("BatchQueryEngagement", request)
    info = error_info(refused.value)
    assert info is not None
    assert (refused.value.code(), info.metadata["field"]) == (grpc.StatusCode.INVALID_ARGUMENT, "months")


async def test_several_are_told_at_once_what_each_is_told_alone(
    first: SignedIn, names: dict[str, str]
) -> None:
    """Groups under five and what two figures would tell of them are hidden in either."""
    await record(first, [Row("yard", n, MONTHS[6], False) for n in range(50)])
    several = [*names.values(), "resources/gone", "programs/gone"]
    found = await first("BatchQueryEngagement", engagement_pb2.BatchQueryEngagementRequest(names=several))
    assert set(found.engagements) == set(names.values())
    for name in names.values():
        alone = await asked(first, name)
        del alone.months[:], alone.items[:]
        assert found.engagements[name] == alone, name
    assert [found.engagements[names[key]].reach.hidden for key in ("water", "rare", "yard")] == [
        False,
        True,
        True,
    ]


async def test_more_than_two_hundred_at_once_are_refused(first: SignedIn) -> None:
    several = [f"{kind}/{n}" for kind in ("resources", "programs") for n in range(101)]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first("BatchQueryEngagement", engagement_pb2.BatchQueryEngagementRequest(names=several))
    info = error_info(refused.value)
    assert info is not None
    assert (refused.value.code(), info.metadata["field"]) == (grpc.StatusCode.INVALID_ARGUMENT, "names")


@pytest.mark.parametrize("course", ["wells", "pumps", "tanks"])
async def test_each_figure_of_a_course_is_the_one_counted_by_hand(
    first: SignedIn, names: dict[str, str], course: str
) -> None:
    rows = [row for row in sample() if row.resource == course]
    ended = [row for row in rows if row.completed]
    found = await asked(first, names[course])
    assert (found.title, found.stated_seconds) == (course.title(), 600)
    assert (found.reach.value, found.reach.basis) == (people(rows), "measured")
    assert (found.started.value, found.completed.value) == (people(rows), people(ended))
    assert found.completion.value == pytest.approx(people(ended) / people(rows), abs=1e-4)
    assert found.real_seconds.value == pytest.approx(fmean(row.seconds for row in rows), abs=0.1)
    ratings = [row.rating for row in rows if row.rating is not None]
    assert found.rating.HasField("value") is bool(ratings)
    if ratings:
        assert found.rating.value == pytest.approx(fmean(ratings), abs=0.01)
    by_month = {month: [row for row in rows if row.month == month] for month in MONTHS}
    assert [month.reach.value for month in found.months] == [people(by_month[month]) for month in MONTHS]
    assert [month.started.value for month in found.months] == [people(by_month[month]) for month in MONTHS]
    for told, month in zip(found.months, MONTHS, strict=True):
        rated = [row.rating for row in by_month[month] if row.rating is not None]
        assert told.rating.HasField("value") is (len(rated) > 4)
        assert not rated or told.rating.value == pytest.approx(fmean(rated), abs=0.01)
    early, late = (fmean(people(by_month[month]) for month in half) for half in (MONTHS[:6], MONTHS[6:]))
    assert found.trend.value == pytest.approx(late / early - 1, abs=1e-4)


async def test_completions_by_month_are_told_where_enough_completed_and_enough_did_not(
    first: SignedIn, names: dict[str, str]
) -> None:
    rows = [row for row in sample() if row.resource == "wells"]
    found = await asked(first, names["wells"])
    for told, month in zip(found.months, MONTHS, strict=True):
        inside = [row for row in rows if row.month == month]
        ended = [row for row in inside if row.completed]
        assert min(len(ended), len(inside) - len(ended)) >= 5
        assert told.completed.value == len(ended)


async def test_a_program_tells_its_learners_who_finished_and_where_most_are_lost(
    first: SignedIn, names: dict[str, str]
) -> None:
    rows = [row for row in sample() if row.resource in ("wells", "pumps", "tanks")]
    done = {key: {row.learner for row in rows if row.resource == key and row.completed} for key in COURSES}
    found = await asked(first, names["water"])
    assert found.reach.value == people(rows)
    assert found.completed.value == len(done["wells"] & done["pumps"] & done["tanks"])
    assert found.stated_seconds == 1800
    assert [item.reach.value for item in found.items] == [200, 150, 60]
    assert (found.drop_off, found.lost.value) == (names["tanks"], 0.6)


async def test_of_four_learners_nothing_is_told(first: SignedIn, names: dict[str, str]) -> None:
    found = await asked(first, names["rare"])
    figures = [
        found.reach,
        found.started,
        found.completed,
        found.completion,
        found.real_seconds,
        found.rating,
    ]
    for each in [*figures, *(month.reach for month in found.months if month.month.month == MONTHS[3].month)]:
        assert (each.hidden, each.HasField("value")) == (True, False)


async def test_a_hidden_month_takes_the_next_smallest_with_it_and_the_total_stays(first: SignedIn) -> None:
    name = (await courses(first, "gates"))["gates"]
    await record(first, [row for row in sample() if row.resource == "gates"])
    found = await asked(first, name)
    assert found.reach.value == 46
    assert [month.reach.hidden for month in found.months[-5:]] == [True, True, False, False, False]
    shown = sum(month.reach.value for month in found.months if not month.reach.hidden)
    assert found.reach.value - shown >= 5


async def test_four_are_not_told_as_a_program_less_one_of_its_items(
    first: SignedIn, names: dict[str, str]
) -> None:
    fifty = [Row("yard", n, MONTHS[6], False) for n in range(50)]
    await record(first, fifty)
    found = await asked(first, names["yard"])
    assert [item.reach.value for item in found.items if not item.reach.hidden] == [46]
    assert (found.reach.hidden, found.started.hidden) == (True, True)
    assert found.items[1].reach.hidden
    assert all(month.reach.hidden and month.started.hidden for month in found.months)


async def program_of(person: SignedIn, key: str, *items: str) -> str:
    program = program_pb2.Program(source="lms", key=key, title=key.title())
    for item in items:
        program.items.add(reference=item, mandatory=True)
    return (await person("UpsertProgram", api.UpsertProgramRequest(program=program))).name


async def courses(person: SignedIn, *keys: str) -> dict[str, str]:
    made = [api.ResourceInput(external_id=key, title=key.title(), description=f"On {key}.") for key in keys]
    request = api.BatchUpsertResourcesRequest(source="lms", resources=made)
    saved = (await person("BatchUpsertResources", request)).resources
    return {each.listings[0].external_id: each.name for each in saved}


def at_work(resource: str, learners: range, month: int) -> list[Row]:
    return [Row(resource, n, MONTHS[month], False) for n in learners]


async def test_three_of_a_month_are_not_told_as_a_program_less_its_item(first: SignedIn) -> None:
    """The year leaves enough beside each item; in one month three of the one have not been at the other.

    The program's month is told, and the item's is not, with enough others of it that the two years do not tell them.
    """
    names = await courses(first, "dams", "weirs")
    program = await program_of(first, "river", "dams", "weirs")
    rows = [
        *(row for month in range(12) for row in at_work("dams", range(5 * month, 5 * month + 20), month)),
        *at_work("weirs", range(200, 203), 2),
        *at_work("weirs", range(300, 340), 9),
    ]
    await record(first, rows)
    whole, dams = await asked(first, program), await asked(first, names["dams"])
    assert (whole.reach.value, dams.reach.value) == (118, 75)
    beyond = [people(row for row in rows if row.month == month) for month in MONTHS]
    assert [month.reach.value for month in whole.months] == beyond
    assert not any(month.started.hidden for month in whole.months)
    hidden = [at for at, month in enumerate(dams.months) if month.reach.hidden]
    assert 2 in hidden
    assert all(month.started.hidden for month in (dams.months[at] for at in hidden))
    assert sum(beyond[at] - 20 for at in hidden) >= 5  # the two years less the months that both show
    both = await first("BatchQueryEngagement", both_of(names["dams"], program))
    assert both.engagements[names["dams"]].trend == dams.trend


def both_of(*names: str) -> engagement_pb2.BatchQueryEngagementRequest:
    return engagement_pb2.BatchQueryEngagementRequest(names=names)


async def test_three_are_not_told_as_a_program_less_another_that_holds_some_of_its_items(
    first: SignedIn,
) -> None:
    await courses(first, "dams", "weirs", "locks")
    inner = await program_of(first, "river", "dams", "weirs")
    outer = await program_of(first, "canal", "dams", "weirs", "locks")
    rows = [
        *at_work("dams", range(50), 11),
        *at_work("weirs", range(10, 60), 10),
        *at_work("locks", range(20, 60), 11),
        *at_work("locks", range(100, 103), 10),
    ]
    await record(first, rows)
    for months in (12, 6, 3):
        some = await of_program(first, inner, months)
        most = await of_program(first, outer, months)
        assert (some.reach.value, most.reach.hidden, most.started.hidden) == (60, True, True)
        assert all(month.reach.hidden for month in most.months)
    alone = await asked(first, outer)
    assert [item.reach.value for item in alone.items] == [50, 50, 43]
    assert (alone.reach.hidden, alone.started.hidden) == (True, True)
    # With five of them it is told.
    await record(first, at_work("locks", range(103, 106), 10))
    assert (await asked(first, outer)).reach.value == 66


async def test_four_are_not_told_as_who_completed_an_item_less_who_finished_its_program(
    first: SignedIn, names: dict[str, str]
) -> None:
    rows = sample()
    done = {key: {row.learner for row in rows if row.resource == key and row.completed} for key in COURSES}
    finished = done["wells"] & done["tanks"]
    some = sorted(done["tanks"] - done["wells"])[4:]
    pair = await program_of(first, "pair", "wells", "tanks")
    assert (await asked(first, pair)).completed.value == len(finished)
    # All but four who completed the one have the other by now, and so the program.
    await record(first, [Row("wells", n, MONTHS[11], True) for n in some])
    for months in (12, 6, 3):
        found = await of_program(first, pair, months)
        assert found.completed.hidden
        assert found.completion.hidden
    tanks = await asked(first, names["tanks"])
    assert tanks.completed.value == len(done["tanks"]) == len(finished) + len(some) + 4
    assert (await asked(first, pair)).reach.value == 200
    # Beside one that nobody needs to finish nothing is told, so nothing is hidden.
    request = program_pb2.Program(source="lms", key="loose", title="Loose")
    request.items.add(reference="wells", mandatory=True)
    request.items.add(reference="tanks")
    loose = (await first("UpsertProgram", api.UpsertProgramRequest(program=request))).name
    wells = await asked(first, names["wells"])
    assert (await asked(first, loose)).completed.value == wells.completed.value


async def test_three_are_not_told_as_a_program_less_all_that_is_told_of_its_items(first: SignedIn) -> None:
    names = await courses(first, "dams", "weirs", "locks")
    whole = await program_of(first, "canal", "dams", "weirs", "locks")
    rows = [
        *at_work("dams", range(50), 11),
        *at_work("weirs", range(50, 90), 11),
        *at_work("locks", range(90, 93), 11),
    ]
    await record(first, rows)
    told = [await asked(first, names[key]) for key in ("dams", "weirs", "locks")]
    assert [each.reach.value for each in told] == [50, 40, 0]
    for months in (12, 6, 3):
        found = await of_program(first, whole, months)
        assert (found.reach.hidden, found.started.hidden) == (True, True)
        assert all(month.reach.hidden for month in found.months)
    await record(first, at_work("locks", range(93, 95), 11))
    assert (await asked(first, whole)).reach.value == 95


async def test_three_are_not_told_as_a_program_less_two_that_hold_some_of_its_items(first: SignedIn) -> None:
    await courses(first, "dams", "weirs", "locks", "fords", "wharves")
    two = [
        await program_of(first, "river", "dams", "weirs"),
        await program_of(first, "canal", "locks", "fords"),
    ]
    whole = await program_of(first, "waters", "dams", "weirs", "locks", "fords", "wharves")
    rows = [
        *(row for key in ("dams", "weirs") for row in at_work(key, range(50), 11)),
        *(row for key in ("locks", "fords") for row in at_work(key, range(50, 90), 11)),
        *at_work("wharves", range(20), 11),
        *at_work("wharves", range(90, 93), 11),
    ]
    await record(first, rows)
    assert [(await asked(first, each)).reach.value for each in two] == [50, 40]
    for months in (12, 6, 3):
        found = await of_program(first, whole, months)
        assert (found.reach.hidden, found.started.hidden) == (True, True)
        assert all(month.reach.hidden for month in found.months)
    await record(first, at_work("wharves", range(93, 95), 11))
    assert (await asked(first, whole)).reach.value == 95


async def test_four_who_did_not_complete_are_not_told_as_the_others(
    first: SignedIn, names: dict[str, str]
) -> None:
    await record(first, [Row("tanks", 100 + n, MONTHS[11], n >= 4) for n in range(40)])
    month = (await asked(first, names["tanks"])).months[11]
    assert (month.started.value, month.completed.hidden) == (40, True)


async def test_no_learners_name_is_stored_or_exported(
    first: SignedIn, names: dict[str, str], catalog: CatalogProcess
) -> None:
    assert names
    stored = catalog.sql("SELECT learner FROM learner_months")
    assert len({learner for (learner,) in stored}) == 200
    assert all(len(learner) == 32 for (learner,) in stored)
    for export in (await first.export(), await first.export(format=api.ExportCatalogRequest.CSV)):
        assert not any(word in export for word in ("learner", "reach", "started", "enrolled"))


async def test_the_same_request_counts_once_and_a_new_row_takes_the_place_of_the_old(
    first: SignedIn, names: dict[str, str]
) -> None:
    row = Row("wells", 500, MONTHS[0], False)
    for _ in range(2):
        assert (await record(first, [row], request_id="once")).recorded == 1
    assert (await asked(first, names["wells"])).reach.value == 201
    await record(first, [Row("wells", 500, MONTHS[0], True)])
    assert (await asked(first, names["wells"])).reach.value == 201


async def test_sums_where_single_learners_are_known_are_refused(
    first: SignedIn, names: dict[str, str]
) -> None:
    assert names
    month = Date(year=2025, month=6, day=1)
    rows = [EngagementRow(resource="wells", month=month, enrolled=9, started=9)]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first("RecordEngagement", engagement_pb2.RecordEngagementRequest(source="lms", rows=rows))
    info = error_info(refused.value)
    assert info is not None
    assert (refused.value.code(), info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SUMS_AND_LEARNERS")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (EngagementRow(month=Date(year=2026, month=1)), "rows[0].resource"),
        (EngagementRow(resource="wells", month=Date(year=2026, month=13)), "rows[0].month"),
        (
            EngagementRow(resource="wells", month=Date(year=2026, month=1), learner="u", started=2),
            "rows[0].started",
        ),
        (
            EngagementRow(resource="wells", month=Date(year=2026, month=1), state=EngagementRow.FAILED),
            "rows[0].learner",
        ),
    ],
)
async def test_a_row_out_of_range_is_refused_by_field(
    first: SignedIn, row: EngagementRow, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await first("RecordEngagement", engagement_pb2.RecordEngagementRequest(source="lms", rows=[row]))
    info = error_info(refused.value)
    assert info is not None
    assert info.metadata["field"] == field
