"""The sample's answer key against what the running system proposes: what is found, what is left alone, and why.

The sample was written by hand with known problems in it; figures on it say nothing about other catalogs (see
docs/evaluation.md for those).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.e2e.test_life_of_one_change import quotations
from tests.stack import Stack

Json = dict[str, Any]
KEY: Json = orjson.loads((Path(__file__).parents[1] / "sample" / "answer_key.json").read_bytes())
CONFIDENT = 0.70
LIVE = ("OPEN", "HELD")
Place = tuple[str, str]


@pytest.fixture(scope="module")
def names(sample: Stack) -> dict[Place, str]:
    """The resource behind each listing."""
    found: dict[Place, str] = {}
    token = ""
    while True:
        page = sample.get("/v1/resources", pageSize=200, pageToken=token)
        for each in page["resources"]:
            found.update({(at["source"], at["externalId"]): each["name"] for at in each["listings"]})
        token = page["nextPageToken"]
        if not token:
            return found


@pytest.fixture(scope="module")
def suggestions(sample: Stack) -> list[Json]:
    """Live ones, each with confidence; everything the reviewers could see."""
    return sample.suggestions(*LIVE)


def place(listing: Json) -> Place:
    return listing["source"], listing["external_id"]


def pairs(names: dict[Place, str], *relations: str) -> dict[frozenset[str], Json]:
    """The key's pairs of these relations, by resources; one that the import joined is none."""
    found: dict[frozenset[str], Json] = {}
    for planted in KEY["planted"]:
        if planted["relation"] in relations:
            pair = frozenset({names[place(planted["a"])], names[place(planted["b"])]})
            if len(pair) == 2:
                found[pair] = planted
    return found


def members(suggestion: Json) -> set[str]:
    return {member["resource"] for member in suggestion["members"]}


def test_every_listing_of_the_key_was_read(names: dict[Place, str]) -> None:
    listed = [place(planted[side]) for planted in KEY["planted"] for side in ("a", "b")]
    assert [each for each in listed if each not in names] == []
    assert len(set(names.values())) >= 120


def test_planted_copies_editions_and_parts_are_found(
    names: dict[Place, str], suggestions: list[Json]
) -> None:
    planted = pairs(names, "identical", "revised", "contained")
    shown = [
        each
        for each in suggestions
        if each["state"] == "OPEN"
        or (each["confidence"] >= CONFIDENT and each["heldReason"].startswith("pacing"))
    ]
    missed = [planted[pair] for pair in planted if not any(pair <= members(each) for each in shown)]
    assert len(missed) <= 0.05 * len(planted), missed


def test_at_most_one_confident_suggestion_in_ten_was_not_planted(
    names: dict[Place, str], suggestions: list[Json]
) -> None:
    planted = pairs(names, "identical", "revised", "contained", "overlap", "same_item")
    outdated = {names[place(each)] for each in KEY["outdated"]}
    items = {names[place(each["item"])] for each in KEY["programs"]}
    confident = [each for each in suggestions if each["confidence"] >= CONFIDENT]
    surprising = [
        each
        for each in confident
        if not (
            any(pair <= members(each) for pair in planted)
            or (each["kind"] == "OUTDATED" and members(each) & outdated)
            or (each["kind"] == "PROGRAM" and members(each) & items)
        )
    ]
    told = [(each["kind"], each["summary"]) for each in surprising]
    assert len(surprising) <= 0.10 * len(confident), told


def test_same_topic_templates_and_translations_are_never_called_duplicates(
    names: dict[Place, str], suggestions: list[Json]
) -> None:
    apart = pairs(names, "same_topic", "templated", "translated", "variant")
    wrong = [
        (apart[pair]["relation"], each["summary"], each["confidence"])
        for each in suggestions
        if each["kind"] == "DUPLICATE" and each["confidence"] >= CONFIDENT
        for pair in apart
        if pair <= members(each) and apart[pair]["relation"] != each["relation"].lower()
    ]
    assert wrong == []


def test_translations_are_shown_as_families_of_which_nothing_goes(
    names: dict[Place, str], suggestions: list[Json]
) -> None:
    families = [each for each in suggestions if each["relation"] == "TRANSLATED"]
    planted = pairs(names, "translated")
    assert [
        told for pair, told in planted.items() if not any(pair <= members(each) for each in families)
    ] == []
    changes = [change for each in families for part in each["plan"]["parts"] for change in part["changes"]]
    assert {change["operation"] for change in changes} == {"request_update"}


def test_outdated_content_is_found(names: dict[Place, str], suggestions: list[Json]) -> None:
    found = {
        member
        for each in suggestions
        if each["confidence"] >= 0.4
        for member in members(each)
        if each["claims"]
    } | {member for each in suggestions if each["relation"] == "REVISED" for member in members(each)}
    missed = [each for each in KEY["outdated"] if names[place(each)] not in found]
    assert len(missed) <= 0.1 * len(KEY["outdated"]), missed


def test_quiet_resources_are_left_alone(names: dict[Place, str], suggestions: list[Json]) -> None:
    quiet = {names[place(each)] for each in KEY["quiet"]}
    unused = [each["summary"] for each in suggestions if each["kind"] == "UNUSED" and members(each) & quiet]
    assert unused == []


def test_every_quotation_is_literally_at_its_place(sample: Stack, suggestions: list[Json]) -> None:
    assert sum(quotations(sample, each) for each in suggestions) > len(suggestions)


def test_what_is_mandatory_is_never_retired(
    sample: Stack, names: dict[Place, str], suggestions: list[Json]
) -> None:
    checked = 0
    for guarded in KEY["guarded"]:
        pair = {names[place(guarded[side])] for side in ("a", "b")}
        mandatory = {name for name in pair if sample.get(f"/v1/{name}")["mandatory"]}
        assert mandatory
        for each in (each for each in suggestions if pair <= members(each)):
            changes = [change for part in each["plan"]["parts"] for change in part["changes"]]
            retired = {change["target"] for change in changes if change["operation"] in ("archive", "unlist")}
            assert not retired & mandatory, each["summary"]
            checked += 1
    assert checked >= len(KEY["guarded"])
