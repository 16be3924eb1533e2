"""Worked examples 1, 2, 3, 5, 6 and 8 of behaviour.md §11, from files to the decision and back: outcomes only.

The real curator reads what is imported. Texts are Markdown here: the packages and the PDF of the example decide
nothing that is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_life_of_one_change import quotations
from tests.e2e.test_public_pages import stranger
from tests.e2e.test_unused import MONTHS, write
from tests.lessons import lesson
from tests.stack import Json, Stack

pytestmark = pytest.mark.thorough

PATIENCE = 400  # seconds: a loaded machine takes its time to read a text of 2,400 words
NOW = "2026-06"
OFFICE = "Ask the Staff Relations Office for the form."
RETIRED = {"term": "Staff Relations Office", "replacement": "People Team"}


def sums(
    resource: str, starts: int, share: float, months: Iterable[str], *, seconds: int = 1800
) -> list[dict[str, object]]:
    """Rows of one course, so many starts spread over these months, each of so many seconds."""
    spread = list(months)
    each, more = divmod(starts, len(spread))
    counts = [each + (place < more) for place in range(len(spread))]
    return [
        {
            "resource": resource,
            "month": month,
            "enrolled": count,
            "started": count,
            "completed": round(count * share),
            "seconds": count * seconds,
            "learner": "",
            "state": "",
        }
        for month, count in zip(spread, counts, strict=True)
    ]


def learners(resource: str, state: str, *names: str) -> list[dict[str, object]]:
    """Rows of single learners."""
    return [
        {
            "resource": resource,
            "month": NOW,
            "enrolled": 1,
            "started": int(state != "not_started"),
            "completed": int(state == "completed"),
            "seconds": 600,
            "learner": name,
            "state": state,
        }
        for name in names
    ]


@dataclass
class Courses:
    """Three privacy courses as they lie in files; `life` is what has happened since the first import."""

    folder: Path
    name: str
    owners: list[str]
    bea: str
    seed: int

    @property
    def only_a(self) -> list[str]:
        """What only course A says."""
        return lesson(self.seed + 1, 2)

    def address(self, key: str) -> str:
        """Where learners of a course go."""
        return f"https://lms.example.org/{self.name}/{key}"

    def write(self, stack: Stack, *, life: bool = False) -> Mapping[str, Json]:
        """Writes and imports the files; resources by key."""
        text = lesson(self.seed, 44)
        a, b, c = [*text, *self.only_a], list(text), list(text)
        for place in (4, 20, 36):
            a[place] = f"{a[place]} {OFFICE}"
        b[7], c[12] = lesson(self.seed + 2, 1)[0], lesson(self.seed + 3, 1)[0]
        if life:
            b[9] = lesson(self.seed + 4, 1)[0]
        titles = {"a": "Privacy and data protection", "b": "Privacy in practice", "c": "Data privacy, short"}
        if life:
            titles["a"] = "Privacy and data protection (old)"
        for key, paragraphs in (("a", a), ("b", b), ("c", c)):
            (self.folder / f"{key}.md").write_text("\n\n".join((f"# {titles[key]}", *paragraphs)) + "\n")
        days = {
            "a": ("2021-03-01", "2023-12-15"),
            "b": ("2025-02-01", "2026-01-15"),
            "c": ("2024-02-01", "2025-04-15"),
        }
        owner = {"a": "left@example.org", "b": self.bea, "c": ""}
        write(
            self.folder / "catalog.csv",
            (
                {
                    "external_id": f"{self.name}-{key}",
                    "title": titles[key],
                    "file": f"{key}.md",
                    "url": self.address(key),
                    "kind": "course",
                    "language": "en",
                    "created": days[key][0],
                    "updated": days[key][1],
                    "owner": owner[key],
                    "mandatory": "no",
                    "status": "archived" if life and key == "c" else "active",
                }
                for key in "abc"
            ),
        )
        held = "b" if life else "a"
        write(
            self.folder / "programs.csv",
            (
                {
                    "program": f"{self.name}-p{number}",
                    "title": f"Path {number} of {self.name}",
                    "position": 1,
                    "resource": f"{self.name}-{held if number < 3 else 'b'}",
                    "mandatory": "yes",
                    "owner": self.owners[number] if number < 3 else self.bea,
                }
                for number in range(4)
            ),
        )
        at = f"{self.name}-{{}}".format
        rows = [
            # With the 15 of this month 1,450 learners a year, of whom a share of 0.81 completes.
            *sums(at("a"), 1435, (1450 * 0.81 - 7) / 1435, MONTHS[-11:]),
            *sums(at("b"), 310, 0.88, MONTHS[-11:]),
            *sums(at("c"), 40, 0.80, MONTHS[-11:]),
            *learners(at("a"), "completed" if life else "in_progress", *(f"i{n}" for n in range(8))),
            *learners(at("a"), "not_started", *(f"n{n}" for n in range(6))),
            *learners(at("a"), "completed", *(f"k{n}" for n in range(7))),
            *learners(at("c"), "completed", *(f"c{n}" for n in range(5))),
        ]
        if life:
            rows += learners(at("b"), "completed", *(f"b{n}" for n in range(25)))
            rows += learners(at("p0"), "completed", *(f"k{n}" for n in range(7)))
        write(self.folder / "engagement.csv", rows)
        done = stack.winnow("import", str(self.folder), "--source", self.name, timeout=PATIENCE)
        assert done["state"] == "SUCCEEDED", done
        stack.wait(PATIENCE)
        listed = stack.get("/v1/resources", source=self.name, pageSize=50)["resources"]
        prefix = f"{self.name}-"
        return {
            at["externalId"].removeprefix(prefix): each
            for each in listed
            for at in each["listings"]
            if at["externalId"].startswith(prefix)
        }

    def programs(self, stack: Stack) -> list[Json]:
        """The four, in order."""
        page = stack.get("/v1/programs", pageSize=200)["programs"]
        return sorted((each for each in page if each["source"] == self.name), key=lambda each: each["key"])


@pytest.fixture(scope="module")
def owners(stack: Stack) -> dict[str, httpx.Client]:
    """Owners of programs, and of course B, by e-mail; none holds a role."""
    emails = (*(f"owner{number}@example.org" for number in range(3)), "bea@example.org")
    return {email: stack.person(email) for email in emails}


def courses(name: str, seed: int, folder: Path, owners: Mapping[str, httpx.Client]) -> Courses:
    *of_programs, bea = owners
    return Courses(folder, name, of_programs, bea, seed)


def seen(one: Json) -> Json:
    return {name: one[name] for name in ("revision", "fingerprint")}


def ask(client: httpx.Client, path: str, body: Mapping[str, object]) -> Json:
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def done(one: Json) -> dict[str, list[tuple[str, str]]]:
    """(operation, target) of each change, by part."""
    return {
        part["id"]: [(change["operation"], change["target"]) for change in part["changes"]]
        for part in one["plan"]["parts"]
    }


def old_links(stack: Stack, mine: Courses) -> dict[str, httpx.Response]:
    """What the old link of each course answers to somebody who has not signed in."""
    with stranger(stack) as browser:
        return {key: browser.get(f"/r/{mine.name}/{mine.name}-{key}") for key in "abc"}


def set_vocabulary(stack: Stack, *terms: Mapping[str, str]) -> None:
    body = {"houseRules": {"retiredVocabulary": terms}, "updateMask": "retiredVocabulary"}
    stack.post("/v1/houseRules:set", body)


def asked_of_one(stack: Stack, resource: str) -> Json:
    """The suggestion about this resource alone, as it stands now."""
    (found,) = [each for each in stack.about(resource) if each["kind"] == "OUTDATED"]
    return stack.get(f"/v1/{found['name']}")


def the_group(stack: Stack, known: Mapping[str, Json]) -> Json:
    names = [known[key]["name"] for key in "abc"]
    (found,) = [each for each in stack.about(*names) if each["kind"] == "DUPLICATE"]
    return stack.get(f"/v1/{found['name']}")


def approved_by_all(stack: Stack, one: Json, mine: Courses, owners: Mapping[str, httpx.Client]) -> Json:
    """Every owner says yes to the part of their program, the learning leader to the rest."""
    for program, email in zip(mine.programs(stack), mine.owners, strict=False):
        if program["name"] in done(one):
            one = ask(owners[email], f"/v1/{one['name']}:accept", {**seen(one), "parts": [program["name"]]})
    return stack.post(f"/v1/{one['name']}:accept", seen(one))


def test_examples_1_and_5_three_privacy_courses_become_one_and_life_goes_on_before_the_undo(
    stack: Stack, tmp_path: Path, owners: dict[str, httpx.Client]
) -> None:
    mine = courses("privacy", 9101, tmp_path, owners)
    set_vocabulary(stack, RETIRED)
    known = mine.write(stack)
    one = the_group(stack, known)
    programs = mine.programs(stack)
    a, b, c = (known[key]["name"] for key in "abc")
    year = stack.get(f"/v1/{a}/engagement")
    assert (year["started"]["value"], round(year["completion"]["value"], 2)) == (1450, 0.81)
    # The age of C says what all three are taken for; three places of A say a name that is no longer said.
    due = asked_of_one(stack, c)
    (taken,) = [each for each in due["evidence"] if each["type"] == "class"]
    assert (taken["value"], taken["text"].startswith("Taken as compliance")) == (12, True)
    update = asked_of_one(stack, a)
    (claim,) = update["claims"]
    assert (claim["code"], claim["text"]) == (
        "retired_vocabulary",
        "It uses 1 word that the team has retired, 3 times in all.",
    )
    assert [each["quote"] for each in update["evidence"] if each["quote"]] == [OFFICE] * 3
    assert (quotations(stack, update), list(done(update).values())) == (3, [[("request_update", a)]])
    set_vocabulary(stack)
    aligned = [each for each in one["evidence"] if each["type"] == "passage"]
    assert {frozenset((each["resource"], each["counterpart"]["resource"])) for each in aligned} == {
        frozenset(pair) for pair in ((a, b), (a, c), (b, c))
    }
    assert quotations(stack, one) > len(mine.only_a)
    survivors = [member["resource"] for member in one["members"] if member["survivor"]]
    assert survivors == [b]
    scores = {member["resource"]: member["score"] for member in one["members"]}
    assert scores[b] - max(scores[a], scores[c]) >= 0.05
    plan = done(one)
    assert one["plan"]["risk"] == "R2"
    assert [plan[each["name"]] for each in programs[:3]] == [
        [("item_replace", each["name"])] for each in programs[:3]
    ]
    assert sorted(plan["resources"]) == sorted(
        [("add_equivalence", b), ("add_equivalence", b), ("close_to_new", a), ("archive", c)]
    )
    assert len(plan) == 4
    lost = [each["quote"] for each in one["evidence"] if each["type"] == "would_be_lost"]
    assert set(mine.only_a) <= set(lost)

    there = {key: (302, mine.address(key)) for key in "abc"}
    links = old_links(stack, mine)
    assert {key: (link.status_code, link.headers.get("location")) for key, link in links.items()} == there

    applied = approved_by_all(stack, one, mine, owners)
    assert applied["state"] == "APPLIED"
    # Learners are led to B; who had begun A finds the original beside it, nobody finds C.
    links = old_links(stack, mine)
    assert links["b"].headers["location"] == mine.address("b")
    for key, original in (("a", True), ("c", False)):
        assert links[key].status_code == 200
        assert f'href="{mine.address("b")}"' in links[key].text
        assert (f'href="{mine.address(key)}"' in links[key].text) == original
    now = {key: stack.get(f"/v1/{known[key]['name']}") for key in "abc"}
    assert [now[key]["lifecycle"] for key in "abc"] == ["DEPRECATED", "PUBLISHED", "ARCHIVED"]
    assert [now[key]["successor"] for key in "ac"] == [b, b]
    assert set(now["b"]["equivalents"]) == {a, c}
    assert [[item["resource"] for item in each["items"]] for each in mine.programs(stack)] == [[b]] * 4
    (task,) = [
        each
        for each in stack.get("/v1/tasks", pageSize=200)["tasks"]
        if each["suggestion"] == one["name"] and each["kind"] == "carry_over"
    ]
    assert (task["assignee"], task["target"]) == (mine.bea, b)
    assert all(any(said in step["text"] for step in task["checklist"]) for said in mine.only_a)

    # Life goes on: the source follows, those in the middle of A finish on it, B has a new version, people complete
    # it, seven use the credit of A.
    mine.write(stack, life=True)
    assert stack.get(f"/v1/{a}/engagement")["months"][-1]["completed"]["value"] == 15
    newer = stack.get(f"/v1/{b}")
    assert newer["contentHash"] != known["b"]["contentHash"]
    undone = ask(owners[mine.owners[2]], f"/v1/{one['name']}:undo", {})
    assert undone["state"] == "UNDONE"
    back = {key: stack.get(f"/v1/{known[key]['name']}") for key in "abc"}
    assert [back[key]["lifecycle"] for key in "abc"] == ["PUBLISHED"] * 3
    assert not any(back[key].get("successor") for key in "abc")
    assert [[item["resource"] for item in each["items"]] for each in mine.programs(stack)] == [[a]] * 3 + [
        [b]
    ]
    links = old_links(stack, mine)
    assert {key: (link.status_code, link.headers.get("location")) for key, link in links.items()} == there
    # What people did since stays.
    assert back["b"]["contentHash"] == newer["contentHash"]
    assert back["a"]["title"] == "Privacy and data protection (old)"
    assert back["b"]["equivalents"] == [a]
    (kept,) = undone["kept"]
    assert kept.startswith("7 learners keep the credit")
    assert stack.get(f"/v1/{b}/engagement")["months"][-1]["completed"]["value"] == 25


def test_example_1_one_owner_refuses_and_the_others_go_on(
    stack: Stack, tmp_path: Path, owners: dict[str, httpx.Client]
) -> None:
    mine = courses("discretion", 9111, tmp_path, owners)
    known = mine.write(stack)
    one = the_group(stack, known)
    programs = mine.programs(stack)
    a, b, c = (known[key]["name"] for key in "abc")
    less = ask(
        owners[mine.owners[0]],
        f"/v1/{one['name']}:reject",
        {
            **seen(one),
            "reason": "different_audience",
            "parts": [programs[0]["name"]],
            "comment": "For nurses.",
        },
    )
    assert (less["state"], programs[0]["name"] in done(less)) == ("OPEN", False)
    applied = approved_by_all(stack, less, mine, owners)
    assert applied["state"] == "APPLIED"
    assert [[item["resource"] for item in each["items"]] for each in mine.programs(stack)] == [
        [a],
        [b],
        [b],
        [b],
    ]
    assert [stack.get(f"/v1/{each}")["lifecycle"] for each in (a, c)] == ["PUBLISHED", "ARCHIVED"]
    (verdict,) = stack.get("/v1/verdicts", resource=a)["verdicts"]
    assert (verdict["verdict"], {verdict["a"], verdict["b"]}) == ("variant", {a, b})


def test_examples_2_3_and_8_old_but_right_rare_but_mandatory_and_age_alone(
    stack: Stack, tmp_path: Path
) -> None:
    rows: dict[str, tuple[str, str, str]] = {
        "right-old": ("Algorithms and data structures", "2022-06-15", "no"),
        "right-rare": ("Radiation safety", "2026-05-01", "yes"),
        "right-ancient": ("Programming and algorithms", "1999-01-01", "no"),
    }
    write(
        tmp_path / "catalog.csv",
        (
            {
                "external_id": key,
                "title": title,
                "description": " ".join(lesson(seed, 6)),
                "kind": "course",
                "language": "en",
                "created": f"{seed - 9201 + 1990}-01-01",
                "updated": updated,
                "mandatory": mandatory,
            }
            for seed, (key, (title, updated, mandatory)) in enumerate(rows.items(), 9201)
        ),
    )
    rare = {"2025-05", "2025-09", "2026-01", "2026-05"}
    write(
        tmp_path / "engagement.csv",
        [
            *sums("right-old", 900, 0.8, MONTHS[-12:]),
            *sums("right-ancient", 60, 0.8, MONTHS[-12:]),
            *(row for month in MONTHS[-15:] for row in sums("right-rare", int(month in rare), 1.0, [month])),
        ],
    )
    stack.winnow("import", str(tmp_path), "--source", "right", timeout=PATIENCE)
    stack.wait(PATIENCE)
    listed = stack.get("/v1/resources", source="right", pageSize=50)["resources"]
    named = {at["externalId"]: each["name"] for each in listed for at in each["listings"]}
    assert stack.about(named["right-rare"]) == []
    for key in ("right-old", "right-ancient"):
        (asked,) = stack.about(named[key])
        assert {operation for changes in done(asked).values() for operation, _ in changes} == {"confirm"}
        assert (asked["kind"], [each["code"] for each in asked["claims"]]) == ("OUTDATED", ["review_due"])
    (asked,) = stack.about(named["right-old"])
    said = {each["type"]: each["value"] for each in stack.get(f"/v1/{asked['name']}")["evidence"]}
    assert (round(said["freshness"], 2), said["class"], round(said["age_months"])) == (0.40, 36, 48)
    stack.post(f"/v1/{asked['name']}:reject", {**seen(asked), "reason": "still_accurate"})
    current = stack.get(f"/v1/{named['right-old']}")
    assert (current["reviewDate"]["year"], current["reviewDate"]["month"]) == (2029, 6)
    stack.wait(PATIENCE)
    assert stack.get(f"/v1/{asked['name']}")["state"] == "REJECTED"


def test_example_6_a_merge_saves_the_hours_that_those_in_both_were_seen_to_take(
    stack: Stack, tmp_path: Path
) -> None:
    shared = [f"both-{number}" for number in range(6)]
    items = {"both-p": [*shared, "both-one"], "both-q": [*shared, "both-two"]}
    keys = sorted({key for each in items.values() for key in each})
    write(
        tmp_path / "catalog.csv",
        (
            {
                "external_id": key,
                "title": f"Yard lesson {key}",
                "description": " ".join(lesson(seed, 3)),
                "kind": "course",
                "language": "en",
                "updated": "2026-05-01",
                "duration_minutes": 90,
            }
            for seed, key in enumerate(keys, 9301)
        ),
    )
    titles = {"both-p": "Work in the yard", "both-q": "The yard and its work"}
    write(
        tmp_path / "programs.csv",
        (
            {
                "program": program,
                "title": titles[program],
                "position": place,
                "resource": key,
                "mandatory": "yes",
            }
            for program, held in items.items()
            for place, key in enumerate(held, 1)
        ),
    )
    # 420 learners a year in both, of whom 340 complete: 81 %. Six lessons of 220 seconds are 22 minutes.
    write(
        tmp_path / "engagement.csv",
        [
            *(row for each in keys for row in sums(each, 420, 0.81, MONTHS[-12:], seconds=220)),
            *(
                row
                for program in items
                for state, numbers in (("completed", range(340)), ("in_progress", range(340, 420)))
                for row in learners(program, state, *(f"yard{number}" for number in numbers))
            ),
        ],
    )
    stack.winnow("import", str(tmp_path), "--source", "both", timeout=PATIENCE)
    stack.wait(PATIENCE)
    listed = stack.get("/v1/resources", source="both", pageSize=50)["resources"]
    named = {at["externalId"]: each["name"] for each in listed for at in each["listings"]}
    (merge,) = [each for each in stack.about(*(named[key] for key in shared)) if each["kind"] == "PROGRAM"]
    merge = stack.get(f"/v1/{merge['name']}")
    # What only the program that ends holds goes into the one that stays.
    operations = sorted(operation for changes in done(merge).values() for operation, _ in changes)
    assert operations == ["item_insert", "merge_programs"]
    said = {each["type"]: each for each in merge["evidence"]}
    assert said["jaccard"]["value"] == 0.75
    assert said["jaccard"]["text"].endswith("holds the same 6 of 7 and 7 items.")
    assert said["minutes"]["text"] == "22 minutes are taught in both (measured)."
    assert merge["impact"]["learnerHours"] == {
        "value": 124.7,
        "unit": "hours a year",
        "basis": "measured",
        "hidden": False,
    }
