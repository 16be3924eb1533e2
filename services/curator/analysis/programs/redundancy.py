"""Items that the rest of a program's mandatory path teaches already: the best set that can go together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from services.curator.analysis.groups import MERGED, pair
from services.curator.analysis.model import (
    Block,
    BlockKind,
    Document,
    Passage,
    Program,
    ProgramFinding,
    Quote,
    Reason,
)
from services.curator.analysis.programs.coverage import Cover, block_covers
from services.curator.analysis.programs.objectives import covers_objective
from services.curator.analysis.programs.optimum import Demand, cheapest
from services.curator.analysis.programs.paths import ItemFacts, Surroundings, mandatory_path
from services.curator.analysis.programs.savings import learner_time

_REDUNDANT = 0.80  # share of an item's block words that the rest of the path must cover (behaviour §6)
_FEWEST_WORDS = 40  # below, coverage is chance
_PASSAGES = 12
_ASSESSING_KINDS = frozenset({"quiz", "assessment", "exam", "test", "assignment", "certification", "survey"})
_QUESTIONS = 3
_TEST_HEADING = re.compile(
    r"\b(?:quiz|assessment|exam|knowledge\s+check|test\s+your|check\s+your\s+(?:knowledge|understanding)|self[\s-]test)\b",
    re.IGNORECASE,
)
# A drop is as sure as its cover is whole: 0.70 at the 80 % that the rule demands, 0.95 at all of it. Never surer than
# that what covers it is a copy or edition, where it is taken for one: of two things it would cover nothing.
_SURE_AT_LEAST, _SURE_AT_MOST = 0.70, 0.95


def drops(program: Program, programs: Mapping[str, Program], around: Surroundings) -> list[ProgramFinding]:
    """The set of direct mandatory items that frees most learner time while the rest of the path covers it.

    An exact optimisation (HiGHS): each dropped item keeps at least 80 % of its block words covered by items
    that stay, and every objective that an item covers stays covered. Items that assess or give credit stay, and
    nothing covers what it is set apart from: pages of one template about two things share its words only.
    """
    gone = _dropped_below(program, programs, around)
    path = [
        place for place in mandatory_path(program, programs) if (place.holder, place.resource) not in gone
    ]
    order = list(dict.fromkeys(place.resource for place in path if place.resource in around.documents))
    own = {place.resource for place in path if place.holder == program.id}
    blocks = {
        resource: [b for b in around.blocks[resource] if _counts(b, around.boilerplate)]
        for resource in order
        if resource in around.blocks
    }
    covers = _covers(blocks, around)
    for resource in order:  # a better copy on the path stands for the whole item
        survivor = around.better.get(resource, "")
        if survivor != resource and survivor in blocks and resource in blocks:
            covers[resource] = [[*found, Cover(survivor, -1, 1.0)] for found in covers[resource]]
    candidates = [
        resource
        for resource in order
        if resource in own
        and resource in blocks
        and _may_go(resource, blocks[resource], covers[resource], around)
    ]
    dropped = _best_set(program, order, candidates, blocks, covers, around)
    return [
        _drop(program, resource, dropped, blocks, covers, around) for resource in order if resource in dropped
    ]


def _covers(blocks: Mapping[str, Sequence[Block]], around: Surroundings) -> dict[str, list[list[Cover]]]:
    return {
        resource: [
            [one for one in found if pair(resource, one.resource) not in around.apart] for found in own
        ]
        for resource, own in block_covers(blocks).items()
    }


def _dropped_below(
    program: Program, programs: Mapping[str, Program], around: Surroundings
) -> set[tuple[str, str]]:
    """What the programs inside this one would drop themselves, as (holder, resource)."""
    mandatory_path(program, programs)  # refuses cycles before this descends
    below = [programs[i.program] for i in program.items if i.mandatory and i.program in programs]
    gone: set[tuple[str, str]] = set()
    for child in below:
        gone |= _dropped_below(child, programs, around)
        gone |= {(child.id, item) for finding in drops(child, programs, around) for item in finding.items}
    return gone


def _counts(block: Block, boilerplate: AbstractSet[str]) -> bool:
    return block.kind is not BlockKind.HEADING and block.words > 0 and block.hash not in boilerplate


def _may_go(
    resource: str, blocks: Sequence[Block], covers: Sequence[Sequence[Cover]], around: Surroundings
) -> bool:
    words = sum(block.words for block in blocks)
    if words < _FEWEST_WORDS or (around.facts or {}).get(resource, ItemFacts()).credited:
        return False
    if around.documents[resource].kind.lower() in _ASSESSING_KINDS or _assesses(around.blocks[resource]):
        return False
    covered = sum(block.words for block, found in zip(blocks, covers, strict=True) if found)
    return covered >= _REDUNDANT * words


def _assesses(blocks: Sequence[Block]) -> bool:
    """Whether the text itself tests the learner; one question in prose does not."""
    questions = sum(1 for block in blocks if block.kind is BlockKind.QUESTION)
    return questions >= _QUESTIONS or any(
        block.kind is BlockKind.HEADING and _TEST_HEADING.search(block.text) for block in blocks
    )


def _best_set(
    program: Program,
    order: Sequence[str],
    candidates: Sequence[str],
    blocks: Mapping[str, Sequence[Block]],
    covers: Mapping[str, Sequence[Sequence[Cover]]],
    around: Surroundings,
) -> set[str]:
    """Which candidates to drop: x (stays) is 0 or 1 for each, y (is taught) from 0 to 1 for each of their blocks.

    Minimise the minutes of what stays, so that y ≤ Σ x of the items that cover the block (what is no candidate
    always stays), Σ words · y ≥ 0.8 · words for each candidate, and Σ x ≥ 1 for each objective that only
    candidates cover.
    """
    if not candidates:
        return set()
    column = {resource: number for number, resource in enumerate(candidates)}
    # Among equals the copy that is not the better one goes, then the later: far below any difference in minutes.
    tie = 1e-4 / (len(order) + 1)
    losers = {resource for resource, survivor in around.better.items() if resource != survivor}
    cost = [
        max(0.1, around.minutes(resource)[0]) + tie * order.index(resource) + 1e-4 * (resource in losers)
        for resource in candidates
    ]
    demands: list[Demand] = []
    width = len(candidates)
    for resource in candidates:
        mine = blocks[resource]
        demand: dict[int, float] = defaultdict(float)
        always = 0.0
        for block, found in zip(mine, covers[resource], strict=True):
            by = {cover.resource for cover in found}
            if by - column.keys():
                always += block.words
                continue
            taught = width
            width += 1
            row = {column[other]: 1.0 for other in by} | {column[resource]: 1.0, taught: -1.0}
            demands.append(Demand(row, 0.0))
            demand[taught] += block.words
        demands.append(Demand(demand, _REDUNDANT * sum(block.words for block in mine) - always))
    for objective in program.objectives:
        by = {resource for resource in order if covers_objective(objective, around.documents[resource])}
        if by and not by - column.keys():
            demands.append(Demand({column[resource]: 1.0 for resource in by}, 1.0))
    values = cheapest(cost + [0.0] * (width - len(candidates)), len(candidates), demands)
    if values is None:
        return set()
    return {resource for resource in candidates if values[column[resource]] < 0.5}


def _drop(
    program: Program,
    resource: str,
    dropped: AbstractSet[str],
    blocks: Mapping[str, Sequence[Block]],
    covers: Mapping[str, Sequence[Sequence[Cover]]],
    around: Surroundings,
) -> ProgramFinding:
    words = sum(block.words for block in blocks[resource])
    covered, by, passages = 0, set[str](), list[tuple[int, Passage]]()
    for block, found in zip(blocks[resource], covers[resource], strict=True):
        staying = [cover for cover in found if cover.resource not in dropped]
        if not staying:
            continue
        covered += block.words
        best = max(staying, key=lambda cover: (cover.block >= 0, cover.similarity, cover.resource))
        by.add(best.resource)
        if best.block >= 0:
            other = blocks[best.resource][best.block]
            match = "exact" if other.hash == block.hash else "near"
            passages.append(
                (
                    block.words,
                    Passage(
                        _quote(around.documents[resource], block),
                        _quote(around.documents[best.resource], other),
                        match,
                        round(best.similarity, 4),
                    ),
                )
            )
    share = covered / words
    minutes, basis = around.minutes(resource)
    learners = _who_take(resource, program, around)
    # A program's learners are told by the starts of its items: what they save together is no measured figure.
    saved = learner_time(minutes, basis if learners is None else "estimated", learners)
    names = ", ".join(f"“{around.documents[other].title}”" for other in sorted(by))
    reasons = [
        Reason("coverage", round(share, 4), f"{share:.0%} of its words are covered by {names}."),
        Reason("minutes", round(minutes, 1), f"{round(minutes, 1):g} minutes for each learner ({basis})."),
    ]
    if learners is not None:
        reasons.append(Reason("learners_a_year", learners, f"{learners:g} learners a year (estimated)."))
    reasons.append(Reason("saving", saved.amount, f"{saved.amount:,g} {saved.unit} ({saved.basis})."))
    sure = _SURE_AT_LEAST + (share - _REDUNDANT) / (1 - _REDUNDANT) * (_SURE_AT_MOST - _SURE_AT_LEAST)
    for other, belongs in _copies(resource, by, around).items():
        title = around.documents[other].title
        text = f"“{title}” is taken for a copy or edition of it with confidence {belongs:.2f}."
        reasons.append(Reason("copy", belongs, text))
        sure = min(sure, belongs)
    passages.sort(key=lambda passage: -passage[0])
    return ProgramFinding(
        program.id,
        "drop",
        (resource,),
        round(min(_SURE_AT_MOST, sure), 4),
        (saved,),
        passages=tuple(passage for _, passage in passages[:_PASSAGES]),
        reasons=tuple(reasons),
    )


def _who_take(resource: str, program: Program, around: Surroundings) -> float | None:
    """Learners a year of the program, of whom no more take the item than begin it anywhere."""
    learners, facts = (around.learners or {}).get(program.id), (around.facts or {}).get(resource)
    if learners is None or facts is None or facts.started is None:
        return learners
    return min(learners, facts.started)


def _copies(resource: str, others: AbstractSet[str], around: Surroundings) -> dict[str, float]:
    """Which of the others are taken for copies or editions of the resource, each with its surest confidence."""
    found: dict[str, float] = {}
    for group in around.groups:
        if group.relation in MERGED and resource in group.members:
            for other in sorted(others & set(group.members)):
                found[other] = max(group.confidence, found.get(other, 0.0))
    return found


def _quote(document: Document, block: Block) -> Quote:
    return Quote(document.id, document.parts[block.part].location, block.start, block.text)
