"""The figures of the insights as rows of a file, each with where its list is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from services.gateway.web import dates
from services.gateway.web.api import Json

COLUMNS = (
    *("figure", "of", "title", "months", "value", "unit", "basis", "why_unknown"),
    *("year_before", "why_year_before_unknown", "list"),
)
"""`of` is what the figure is of, where it is of a part; `months` how many it is of, empty for what is as it is now."""
_LEARNERS = {
    "reach": "learners",
    "started": "learners",
    "completed": "learners",
    "completion": "share",
    "realSeconds": "seconds",
    "rating": "1 to 5",
}
_FEW, _UNKNOWN = "fewer_than_5_people", "not_known"


def rows(
    months: int, health: Json, learning: Sequence[Json], reliability: Json, zone: tzinfo
) -> Iterator[list[str]]:
    """All figures, of the catalog, of savings and people, of programs, and of what suggestions said."""
    for figure in ("resources", "rotShare", "ownerCoverage"):
        yield _row(health[figure]["name"], "", health[figure])
    for figure, several in (
        ("resources_by_kind", "byKind"),
        ("resources_by_age", "byAge"),
        ("resources_by_state", "states"),
        ("suggestions", "suggestions"),
        ("savings_made", "savingsMade"),
        ("savings_planned", "savingsPlanned"),
    ):
        for each in health[several]:
            yield _row(figure, each["name"], each)
    for each in health["finished"]:
        yield _finished(each)
    for each in health["decisions"]:
        yield _row("decisions", each["name"], each, str(months))
    yield _silo(months, health, zone)
    for use in learning:
        before: Json = use.get("yearBefore") or {}
        for name, unit in _LEARNERS.items():
            yield _of_learners(name, unit, use, before, str(months))
    for kind in reliability["kinds"]:
        for group in kind["bins"]:
            yield from _group(kind["kind"], group)


def _row(name: str, of: str, figure: Json, months: str = "") -> list[str]:
    before = figure.get("yearBefore")
    why = _UNKNOWN if before is None else ""
    value = _number(figure["value"])
    return [name, of, "", months, value, figure["unit"], "", "", _number(before), why, figure["list"]]


def _finished(each: Json) -> list[str]:
    month = f"{each['month']['year']}-{each['month']['month']:02}"
    now, then = each["finished"], each["yearBefore"]
    return [
        *(
            "courses_finished",
            month,
            "",
            "1",
            _number(now.get("value")),
            "completions",
            now["basis"],
            _why(now),
        ),
        *(_number(then.get("value")), _why(then), "/v1/insights"),
    ]


def _silo(months: int, health: Json, zone: tzinfo) -> list[str]:
    now, before = health.get("siloIndex"), health.get("siloIndexYearBefore")
    whys = ["" if each is not None else _UNKNOWN for each in (now, before)]
    cells = [_number(now), "index", "", whys[0], _number(before), whys[1]]
    since = dates.begin(dates.iso_day(health["begin"]), zone)
    return [
        *("silo_index", "", "", str(months)),
        *cells,
        f"/v1/decisions?verbs=accept&verbs=reject&beginTime={since}",
    ]


def _of_learners(name: str, unit: str, use: Json, before: Json, months: str) -> list[str]:
    now: Json = use.get(name) or {}
    then: Json = before.get(name) or {}
    figure = "real_seconds" if name == "realSeconds" else name
    return [
        *(figure, use["name"], use["title"], months, _number(now.get("value")), unit, now.get("basis", "")),
        *(_why(now), _number(then.get("value")), _why(then), f"/v1/{use['name']}/engagement"),
    ]


def _group(kind: str, group: Json) -> Iterator[list[str]]:
    """What was said and what was agreed to, of a group of suggestions of about the same score."""
    of = f"{kind} {group['lower']:g} to {group['upper']:g}"
    for name, value, unit in (
        ("decided", group["count"], "suggestions"),
        ("said", group["meanConfidence"], "share"),
        ("agreed", group["shareTrue"], "share"),
    ):
        yield [name, of, "", "", _number(value), unit, "", "", "", _UNKNOWN, "/v1/reliability"]


def _why(figure: Json) -> str:
    if figure.get("hidden"):
        return _FEW
    return _UNKNOWN if figure.get("value") is None else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"
