"""Monthly use of the sample's resources and programs: a seeded model, the same numbers in every run.

A use is written as a word and its figures: `steady 40`, `declining 60` (to a fifth over the two years), `growing 30`,
`seasonal 50 10-12` (its months), `annual 400 4-5` (nearly all of a year's use there), `new 25 2025-11` (from that
month), `rare 4` (a year), `until 30 2025-09` (none after that month), `none`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MONTHS = [f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)][5:29]
LEARNER_MONTHS = MONTHS[-6:]  # for these there are learners' rows where a program has learners


def seeded(*words: str) -> random.Random:
    """A generator whose numbers depend on the words only."""
    return random.Random(hashlib.sha256(" ".join(words).encode()).digest())


def sums(key: str, use: str, minutes: float, months: Sequence[str] = MONTHS) -> Iterator[dict[str, object]]:
    """The months of one resource; a month without use has a row with zeros, as the LMS exports it."""
    chance = seeded("use", key)
    finishing = chance.uniform(0.72, 0.94)
    liked = chance.uniform(3.4, 4.7)
    for index, month in enumerate(MONTHS):
        expected = _expected(use, month, index)
        enrolled = _poisson(chance, expected)
        started = sum(chance.random() < 0.95 for _ in range(enrolled))
        completed = sum(chance.random() < finishing for _ in range(started))
        seconds = round(sum(minutes * 60 * chance.uniform(0.55, 1.35) for _ in range(started)))
        rated = round(min(5.0, max(1.0, chance.gauss(liked, 0.25))), 1)
        if month in months:
            yield {
                "resource": key,
                "month": month,
                "enrolled": enrolled,
                "started": started,
                "completed": completed,
                "seconds": seconds,
                "rating": rated if completed >= 5 else "",
            }


def learners(
    program: Mapping[str, Any], minutes: Mapping[str, float], count: int
) -> Iterator[dict[str, object]]:
    """The months of `count` pseudonymous learners in a program and in each of its items."""
    key = str(program["key"])
    chance = seeded("learners", key)
    items = [str(item["resource"]) for item in program["items"]]
    for number in range(count):
        learner = "p-" + hashlib.sha256(f"{key} {number}".encode()).hexdigest()[:10]
        enrolled = chance.choice([0, 0, 1, 2, 3])
        pace = chance.uniform(0.6, 2.6)  # items a month
        due = str(chance.choice(program["due"]))
        done_months = [enrolled + int((place + 1) / pace) for place in range(len(items))]
        yield _learner(key, LEARNER_MONTHS[enrolled], learner, "not_started", due, 0)
        for place, item in enumerate(items):
            done, began = done_months[place], enrolled + int((place + 0.4) / pace)
            if began >= len(LEARNER_MONTHS):
                yield _learner(item, LEARNER_MONTHS[enrolled], learner, "not_started", due, 0)
            elif done >= len(LEARNER_MONTHS):
                seconds = minutes[item] * 30
                yield _learner(item, LEARNER_MONTHS[began], learner, "in_progress", due, seconds)
            else:
                seconds = minutes[item] * 60 * chance.uniform(0.7, 1.3)
                yield _learner(item, LEARNER_MONTHS[done], learner, "completed", due, seconds)
        again = {"enrolled": 0}  # the first row of the program has counted this learner
        last, first = done_months[-1], enrolled + int(0.4 / pace)
        if last < len(LEARNER_MONTHS):
            yield _learner(key, LEARNER_MONTHS[last], learner, "completed", due, 0) | again
        elif first > enrolled or done_months[0] > enrolled:
            month = min(max(first, enrolled + 1), len(LEARNER_MONTHS) - 1)
            yield _learner(key, LEARNER_MONTHS[month], learner, "in_progress", due, 0) | again


def _learner(key: str, month: str, learner: str, state: str, due: str, seconds: float) -> dict[str, object]:
    return {
        "resource": key,
        "month": month,
        "enrolled": 1,
        "started": int(state != "not_started"),
        "completed": int(state == "completed"),
        "seconds": round(seconds),
        "learner": learner,
        "state": state,
        "due": due,
    }


def _expected(use: str, month: str, index: int) -> float:
    word, *figures = use.split()
    level = float(figures[0]) if figures else 0.0
    number = int(month[5:])
    match word:
        case "steady":
            return level * (0.6 if number == 8 else 0.75 if number == 12 else 1.05)
        case "declining":
            return level * 0.2 ** (index / 23)
        case "growing":
            return level * (0.35 + 0.65 * index / 23)
        case "seasonal":
            return level if number in _span(figures[1]) else level * 0.03
        case "annual":
            return level if number in _span(figures[1]) else level * 0.008
        case "new":
            return level if month >= figures[1] else 0.0
        case "until":
            return level if month <= figures[1] else 0.0
        case "rare":
            return level / 12
        case "none":
            return 0.0
        case _:
            raise ValueError(f"no such use: {use}")


def _span(text: str) -> set[int]:
    first, _, last = text.partition("-")
    start, end = int(first), int(last or first)
    return set(range(start, end + 1)) if start <= end else set(range(start, 13)) | set(range(1, end + 1))


def _poisson(chance: random.Random, expected: float) -> int:
    if expected <= 0:
        return 0
    if expected > 60:
        return max(0, round(chance.gauss(expected, expected**0.5)))
    made, product, floor = 0, chance.random(), 2.718281828459045**-expected
    while product > floor:
        made, product = made + 1, product * chance.random()
    return made
