"""Prose for tests that need many different lessons: grammatical, without meaning, the same for the same seed."""

from __future__ import annotations

from random import Random
from typing import Any

# ruff: noqa: SIM905 - words in a string are easier to read
_THINGS = (
    "valve kettle ladder lantern ledger trolley harness beacon canopy gasket hatch jigsaw kiln lathe "
    "mallet nozzle outrigger pulley quarry rudder satchel tiller turbine urn vat winch yard awning "
    "bellows crate dolly easel funnel girder hoist inverter joist keel locker mast notebook orchard "
    "pantry quill ramp shelf tunnel visor wagon"
).split()
_PEOPLE = (
    "clerk warden porter driver steward nurse keeper foreman teacher cook planner surveyor mechanic".split()
)
_DOINGS = (
    "inspects labels lifts drains fastens polishes weighs covers rotates tightens empties stores measures "
    "counts seals aligns carries lowers paints repairs"
).split()
_KINDS = (
    "yellow narrow spare upper portable folded hollow rusty padded wooden shared heavy broken distant".split()
)
_PLACES = "behind beside under above near inside against beyond".split()
_HOWS = "slowly twice carefully again together briefly thoroughly separately".split()
_JOINS = ("and", "but", "because", "while", "before", "although", "until", "whenever")


def lesson(seed: int, paragraphs: int = 7) -> list[str]:
    """Paragraphs of about fifty words; those of different seeds share no phrase of length."""
    random = Random(seed)
    return [" ".join(_sentence(random) for _ in range(3)) for _ in range(paragraphs)]


def _sentence(random: Random) -> str:
    joined = f"{_clause(random)} {random.choice(_JOINS)} {_clause(random)}"
    return f"{joined[0].upper()}{joined[1:]}."


def _clause(random: Random) -> str:
    thing, other, third = random.sample(_THINGS, 3)
    object_ = f"{random.choice(('a', 'the', 'every', 'one'))} {random.choice(_KINDS)} {thing}"
    place = (
        f"{random.choice(_PLACES)} {random.choice(('the', 'that', 'some'))} {random.choice((other, third))}"
    )
    subject = f"{random.choice(('the', 'a', 'each'))} {random.choice(_PEOPLE)}"
    return " ".join((subject, random.choice(_DOINGS), object_, random.choice((place, random.choice(_HOWS)))))


def resource(external_id: str, title: str, paragraphs: list[str], **more: Any) -> dict[str, Any]:
    """A resource as the API takes it, its text in one part."""
    part = {"title": title, "location": "page", "text": "\n\n".join(paragraphs)}
    return {"externalId": external_id, "title": title, "kind": "course", "outline": [part], **more}
