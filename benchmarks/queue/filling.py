"""A company whose catalog makes curation suggest 10,000 things, told to Winnow through its public API.

Nothing is put into the store from beside: the curator finds all of it. Most courses are lines of a list with a review
day that has passed, which need no embedding; the others are word for word the same text twice.
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from tests.lessons import lesson
from tests.stack import Json, Stack

SOURCE = "academy"
PEOPLE, PROGRAMS, ITEMS = 60, 200, 20
COPIES = 0.05
"""Share of the suggestions that are about two copies."""
MONTHS = (3, 4, 5)
_BATCH, _ROWS = 100, 2000  # what one call of the API takes at most, resources within 4 MiB
_HOURS = 2
_ROLES = ("INSTRUCTIONAL_DESIGNER", "LEARNING_LEADER", "SPECIALIST", "")
T = TypeVar("T")


def fill(stack: Stack, suggestions: int) -> float:
    """Until so many suggestions wait, in seconds; 0, and nothing is told, where they do already."""
    if waiting(stack) >= suggestions:
        return 0.0
    began = time.monotonic()
    drawn = random.Random(1)
    owners = _people(stack)
    courses = list(_courses(suggestions, owners, drawn))
    names: dict[str, str] = {}
    for batch in _cut(courses, _BATCH):
        told = stack.put(SOURCE, *batch)
        names |= {sent["externalId"]: made["name"] for sent, made in zip(batch, told, strict=True)}
    for batch in _cut(list(_use(names, drawn)), _ROWS):
        stack.post("/v1/engagement:record", {"source": SOURCE, "rows": batch})
    for number in range(PROGRAMS):
        items = drawn.sample(sorted(names.values()), min(ITEMS, len(names)))
        stack.post(
            "/v1/programs:upsert",
            {
                "source": SOURCE,
                "key": f"p{number}",
                "title": f"{_title(drawn)} for {drawn.choice(_TEAMS)}",
                "owners": drawn.sample(owners, drawn.randint(0, 2)),
                "items": [{"resource": item, "mandatory": drawn.random() < 0.3} for item in items],
            },
        )
    until = time.monotonic() + _HOURS * 3600
    while (now := waiting(stack)) < suggestions:
        if time.monotonic() > until:
            raise SystemExit(f"{now} suggestions after {_HOURS} hours, {suggestions} are needed")
        time.sleep(5)
    return time.monotonic() - began


def waiting(stack: Stack) -> int:
    """How many suggestions ask for a decision, or will as soon as somebody has decided others."""
    counts = stack.get("/v1/suggestions:count")["counts"]
    return sum(each["count"] for each in counts if each["state"] in ("OPEN", "HELD"))


def _people(stack: Stack) -> list[str]:
    """E-mails of those who own something."""
    drawn = random.Random(2)
    emails = [f"{word}.{number}@academy.example" for number, word in enumerate(_names(PEOPLE, drawn))]
    rows = [
        f"{email},{email.partition('.')[0].title()} {_word(drawn).title()},{_ROLES[number % len(_ROLES)]}"
        for number, email in enumerate(emails)
    ]
    table = "\n".join(["email,name,roles", *rows, ""])
    stack.post("/v1/people:import", {"content": base64.b64encode(table.encode()).decode()})
    return emails


def _courses(suggestions: int, owners: Sequence[str], drawn: random.Random) -> Iterator[Json]:
    pairs = round(suggestions * COPIES)
    for number in range(suggestions - pairs):
        yield {
            **_course(f"c{number}", _title(drawn), owners, drawn),
            "reviewDate": {"year": 2024, "month": drawn.randint(1, 12), "day": 1},
        }
    for number in range(pairs):
        text = enumerate(lesson(number, 2), start=1)
        outline = [{"title": f"Part {at}", "location": f"{at}.html", "text": part} for at, part in text]
        for copy in "ab":
            yield {**_course(f"t{number}{copy}", _title(drawn), owners, drawn), "outline": outline}


def _course(external_id: str, title: str, owners: Sequence[str], drawn: random.Random) -> Json:
    year = drawn.randint(2016, 2021)
    return {
        "externalId": external_id,
        "title": title,
        "kind": "course",
        "language": "en",
        "owner": drawn.choice(owners) if drawn.random() < 0.9 else "",
        "durationSeconds": str(60 * drawn.randint(5, 90)),
        "updated": {"year": year, "month": drawn.randint(1, 12), "day": drawn.randint(1, 28)},
    }


def _use(names: dict[str, str], drawn: random.Random) -> Iterator[Json]:
    """Two in three courses are used."""
    for external_id in names:
        often = int(drawn.paretovariate(1) * 3) if drawn.random() < 0.67 else 0
        for month in MONTHS if often else ():
            yield {
                "resource": external_id,
                "month": {"year": 2026, "month": month, "day": 1},
                "enrolled": str(often),
                "started": str(often),
                "completed": str(often * 4 // 5),
                "seconds": str(often * 1200),
            }


def _cut(all_: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (all_[start : start + size] for start in range(0, len(all_), size))


# Words that compress as badly as those of a real catalog: thousands, most of them rare.
_SYLLABLES = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
_TEAMS = ("drivers", "the night shift", "new managers", "engineers", "the laboratory", "customer service")


def _word(drawn: random.Random) -> str:
    return "".join(drawn.choices(_SYLLABLES, k=drawn.randint(2, 4)))


def _names(count: int, drawn: random.Random) -> list[str]:
    return [_word(drawn) for _ in range(count)]


_VOCABULARY = ["valve", "ladder", "invoice", "harbour", *_names(4000, random.Random(3))]


def _title(drawn: random.Random) -> str:
    return " ".join(drawn.sample(_VOCABULARY, 4)).capitalize()
