"""Facts a part rests on, and which of them have moved (behaviour.md §8: material)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Outline, Resource
from services.catalog.review.domain import RESOURCES_PART, Part, Plan, Safeguard
from services.catalog.review.effects import effects
from services.catalog.review.findings import Proposal
from services.catalog.review.surroundings import Surroundings, bare

SHINGLE = 5  # words
MOVED = 0.05  # share of shingles from which a text has materially changed
TEXT = "text"
_SAFEGUARDS = "safeguards"
_DATES = ("review_date", "expires", "reviewed")
_CERTIFIES = " certification"


def facts_of(
    part: Part, proposal: Proposal, plan: Plan, around: Surroundings, texts: Mapping[str, str]
) -> dict[str, str]:
    """What the part rests on, by label `{thing} {fact}`: its members, the items it touches, its failing safeguards.

    `texts` gives for a resource the text that counts as the same as its present one (see `same_text`).
    """
    facts = member_facts([*proposal.resources, *_others(part)], around, texts)
    if part.id != RESOURCES_PART:
        program = around.programs[bare(part.id)]
        for label, value in _program_facts(program, part).items():
            facts[f"{part.id} {label}"] = value
    codes = sorted({guard.code for guard in plan.safeguards if guard.part == part.id})
    facts[f"{part.id} {_SAFEGUARDS}"] = ",".join(codes)
    return facts


def member_facts(ids: Iterable[str], around: Surroundings, texts: Mapping[str, str]) -> dict[str, str]:
    """What is material of resources, by label `resources/{id} {fact}`."""
    return {
        text_label(resource.id) if label == TEXT else f"resources/{resource.id} {label}": value
        for resource in around.present(ids)
        for label, value in _resource_facts(resource, texts).items()
    }


def text_label(resource: str) -> str:
    """The label of a resource's text among facts."""
    return f"resources/{resource} {TEXT}"


def texts(facts: Mapping[str, str]) -> dict[str, str]:
    """Those of these facts that are texts."""
    return {label: value for label, value in facts.items() if label.endswith(f" {TEXT}")}


def _others(part: Part) -> list[str]:
    return [bare(change.other) for change in part.changes if change.other]


def _resource_facts(resource: Resource, texts: Mapping[str, str]) -> dict[str, str]:
    return {
        TEXT: texts.get(resource.id, resource.outline_hash),
        "lifecycle": str(resource.lifecycle),
        "owner": resource.owner.casefold(),
        "language": resource.language,
        "audience": resource.audience,
        # One label for both: a new one would make every stored fingerprint another.
        "mandatory": f"{'yes' if resource.mandatory else 'no'}{_CERTIFIES if resource.certification else ''}",
        "hold": resource.hold,
        "dates": " ".join(str(resource.shown(name) or "-") for name in _DATES),
    }


def _program_facts(program: Program, part: Part) -> dict[str, str]:
    done = effects((part,))
    # A program that ends rests on all it holds.
    everything = {item.resource for item in program.items if item.resource}
    touched = everything if program.id in done.ended else done.touched(program.id)
    items = [
        f"{item.resource}{'!' if item.mandatory else ''}{'<'.join(('', *item.prerequisites))}"
        for item in program.items
        if item.resource in touched or touched & set(item.prerequisites)
    ]
    owners = [owner.casefold() for owner in program.owners]
    return {"items": " ".join(items), "owners": " ".join(owners)}


def same_text(old: Outline, new: Outline) -> bool:
    """Whether at most 5 % of the word 5-grams differ: no material change."""
    before, after = _shingles(old), _shingles(new)
    union = len(before | after)
    return union == 0 or len(before ^ after) / union <= MOVED


def _shingles(outline: Outline) -> set[tuple[str, ...]]:
    words = [word for part in outline for word in part.text.casefold().split()]
    if len(words) < SHINGLE:
        return {tuple(words)} if words else set()
    return {tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}


def moved(
    before: Mapping[str, str],
    after: Mapping[str, str],
    around: Surroundings,
    *,
    parts: Iterable[str] = (),
    safeguards: Sequence[Safeguard] = (),
) -> tuple[str, ...]:
    """Words for each fact that differs; labels that only one side has are new or gone parts, named by `parts_moved`.

    `parts`: names of parts that are new or gone, whose own facts say nothing more. `safeguards`: those that fail
    after, whose own words are said of one that did not fail before.
    """
    silent = tuple(f"{part} " for part in parts if part != RESOURCES_PART)
    said: list[str] = []
    for label in sorted(before.keys() & after.keys()):
        if before[label] == after[label] or (silent and label.startswith(silent)):
            continue
        thing, _, fact = label.partition(" ")
        if fact == _SAFEGUARDS:
            codes = set(after[label].split(",")) - set(before[label].split(","))
            failing = [each for each in safeguards if each.part == thing and each.code in codes]
            said.append(_failing(failing) if failing else "a safeguard no longer fails")
            continue
        said.append(_words(around.title(thing), fact, before[label], after[label]))
    return tuple(dict.fromkeys(said))


def _words(title: str, fact: str, before: str, after: str) -> str:
    match fact:
        case "text":
            return f"the text of {title} changed"
        case "hold":
            return f"{title} was put on hold" if after else f"the hold on {title} was lifted"
        case "mandatory":
            return f"{title} {_obligation(before, after)}"
        case "items":
            return f"the items of {title} changed"
        case "dates":
            return f"the dates of {title} changed"
        case "owner" | "owners":
            return f"{title} has another owner"
        case _:
            return f"{fact} of {title}: {before or 'nothing'} → {after or 'nothing'}"


def _failing(safeguards: Sequence[Safeguard]) -> str:
    return f"a safeguard now fails: {' '.join(dict.fromkeys(each.text for each in safeguards)).rstrip('.')}"


def _obligation(before: str, after: str) -> str:
    """What has become of both facts that one label holds."""
    said: list[str] = []
    must, certifies = after.removesuffix(_CERTIFIES), after.endswith(_CERTIFIES)
    if must != before.removesuffix(_CERTIFIES):
        said.append("became mandatory" if must == "yes" else "is no longer mandatory")
    if certifies != before.endswith(_CERTIFIES):
        said.append("counts for a certification now" if certifies else "no longer counts for a certification")
    return " and ".join(said)


def parts_moved(before: Plan, after: Plan, around: Surroundings) -> tuple[str, ...]:
    """Words for parts and changes that came or went."""
    said: list[str] = []
    old, new = {part.id: part for part in before.parts}, {part.id: part for part in after.parts}
    for id_ in sorted(new.keys() - old.keys()):
        if id_ == RESOURCES_PART:
            said.append("resources are now part of the plan")
            continue
        added = [around.title(str(write.before)) for change in new[id_].changes for write in change.writes]
        said += [f"{each} was added to {around.title(id_)}" for each in dict.fromkeys(added)]
    for id_ in sorted(old.keys() - new.keys()):
        said.append(
            f"nothing is left to change in {around.title(id_)}" if id_ != RESOURCES_PART else _NOTHING
        )
    for id_ in sorted(old.keys() & new.keys()):
        said += _changes_moved(old[id_], new[id_])
    return tuple(said)


_NOTHING = "nothing is left to change in the resources"


def _changes_moved(old: Part, new: Part) -> Sequence[str]:
    before = {change.id: change for change in old.changes}
    after = {change.id: change for change in new.changes}
    said = [f"the plan no longer says: {before[id_].text}" for id_ in sorted(before.keys() - after.keys())]
    return [*said, *(f"the plan now says: {after[id_].text}" for id_ in sorted(after.keys() - before.keys()))]
