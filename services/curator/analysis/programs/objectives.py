"""What a program promises, and which items keep the promise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from services.curator.analysis.model import (
    Block,
    Document,
    Program,
    ProgramFinding,
    Quote,
    Reason,
)
from services.curator.analysis.programs.paths import Surroundings, whole_path

COVERED = 2 / 3  # share of an objective's content words that an item must speak of
_FEWEST_WORDS = 40  # an item with less text may teach what nobody can read here
# Verbs in which objectives are put (the revised taxonomy of Bloom): they name no subject.
_VERBS = frozenset(
    [
        "analyse",
        "analyze",
        "apply",
        "appreciate",
        "assess",
        "calculate",
        "carry",
        "choose",
        "compare",
        "construct",
        "contrast",
        "create",
        "define",
        "demonstrate",
        "describe",
        "design",
        "determine",
        "develop",
        "discuss",
        "distinguish",
        "draw",
        "evaluate",
        "examine",
        "explain",
        "express",
        "find",
        "give",
        "identify",
        "illustrate",
        "interpret",
        "know",
        "learn",
        "list",
        "make",
        "name",
        "outline",
        "perform",
        "produce",
        "provide",
        "recognise",
        "recognize",
        "select",
        "show",
        "solve",
        "state",
        "summarise",
        "summarize",
        "understand",
        "use",
        "using",
        "write",
        "able",
        "will",
        "become",
        "been",
        "about",
        "different",
        "between",
        "their",
        "them",
        "these",
        "those",
        "this",
        "that",
        "with",
        "from",
        "into",
        "what",
        "when",
        "where",
        "which",
        "while",
        "have",
        "other",
        "various",
    ]
)
# Hand-set: how sure a gap is when nothing at all of the objective is found on the path, and when just not enough.
_SURE_OF_NOTHING, _SURE_OF_LITTLE = 0.80, 0.40


def covers_objective(objective: str, document: Document) -> bool:
    """Whether the document speaks of at least two thirds of the objective's content words."""
    wanted = content_words(objective)
    return bool(wanted) and len(wanted & _said(document)) >= len(wanted) * COVERED


def content_words(text: str) -> frozenset[str]:
    """Stems of the words that name a subject."""
    plain = "".join(sign if sign.isalnum() else " " for sign in text.lower())
    # Six letters stand for a word's forms.
    return frozenset(word[:6] for word in plain.split() if len(word) > 3 and word not in _VERBS)


@lru_cache(maxsize=4_096)
def _said(document: Document) -> frozenset[str]:
    return content_words(" ".join((document.title, *(part.text for part in document.parts))))


def gaps(program: Program, programs: Mapping[str, Program], around: Surroundings) -> list[ProgramFinding]:
    """Objectives that no item of the program covers, with a resource that could, where there is one.

    Silent about programs with an item that cannot be read: it may cover anything.
    """
    path = list(dict.fromkeys(place.resource for place in whole_path(program, programs)))
    if not path or any(not _readable(resource, around) for resource in path):
        return []
    said = frozenset[str]().union(*(_said(around.documents[resource]) for resource in path))
    found: list[ProgramFinding] = []
    for objective in dict.fromkeys(program.objectives):
        wanted = content_words(objective)
        if len(wanted) < 2 or any(covers_objective(objective, around.documents[each]) for each in path):
            continue
        share = len(wanted & said) / len(wanted)
        if share >= COVERED:
            continue  # taught by several items together
        found.append(_gap(program, objective, wanted, share, set(path), around))
    return found


def _readable(resource: str, around: Surroundings) -> bool:
    words = sum(block.words for block in around.blocks.get(resource, ()))
    return resource in around.documents and words >= _FEWEST_WORDS


def _gap(
    program: Program,
    objective: str,
    wanted: frozenset[str],
    share: float,
    path: set[str],
    around: Surroundings,
) -> ProgramFinding:
    offer = _offer(wanted, path, around)
    sure = _SURE_OF_NOTHING - (_SURE_OF_NOTHING - _SURE_OF_LITTLE) * share / COVERED
    reasons = [
        Reason(
            "objective_open",
            round(share, 4),
            f"No item covers the objective “{objective}”; all items together speak of {share:.0%} of its words.",
        )
    ]
    quotes: tuple[Quote, ...] = ()
    if offer is not None:
        resource, block = offer
        document = around.documents[resource]
        quotes = (Quote(resource, document.parts[block.part].location, block.start, block.text),)
        reasons.append(Reason("could_fill", 1.0, f"“{document.title}” speaks of it."))
    return ProgramFinding(
        program.id,
        "gap",
        (),
        round(sure, 4),
        replacement=offer[0] if offer else "",
        quotes=quotes,
        reasons=tuple(reasons),
        subject=objective,
    )


def _offer(wanted: frozenset[str], path: set[str], around: Surroundings) -> tuple[str, Block] | None:
    """The live resource of which one block says most of the objective, at least two thirds, and that block."""
    best: tuple[float, int, str, Block] | None = None
    for resource, document in around.documents.items():
        if resource in path or document.archived or around.better.get(resource, resource) != resource:
            continue
        if len(wanted & _said(document)) < len(wanted) * COVERED:
            continue
        for block in around.blocks.get(resource, ()):
            share = len(wanted & content_words(block.text)) / len(wanted)
            key = (share, -block.words, resource, block)
            if share >= COVERED and (best is None or key[:3] > best[:3]):
                best = key
    return None if best is None else (best[2], best[3])
