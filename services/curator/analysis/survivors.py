"""Which member of a group of copies stays, by what counts for it, and what would be lost with the others."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from services.curator.analysis.classes import HALF_LIVES, classify
from services.curator.analysis.disclosure import learners, told
from services.curator.analysis.editions import UNCLEAR
from services.curator.analysis.model import Block, BlockKind, Document, Group, Quote, Reason, Relation

# behaviour §3
WEIGHTS = {
    "currency": 0.25,
    "completeness": 0.20,
    "use": 0.20,
    "programs": 0.10,
    "quality": 0.10,
    "trackability": 0.05,
    "owner": 0.05,
    "languages": 0.05,
}
MARGIN = 0.05  # less, and nothing is preselected
_TRACKABILITY = {"cmi5": 1.0, "scorm2004": 1.0, "scorm12": 0.75, "scorm": 0.75, "aicc": 0.6, "h5p": 0.5}
_DOCUMENT, _LINK = 0.4, 0.1
_FEWEST_WORDS = 8  # a shorter block is not worth carrying over
_MOST_LOST = 50
_DAYS_A_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one member besides its text; None is "not known", never zero.

    `protected` is mandatory, counting for a certification, or on hold. `learners` are those of the past 12
    months, `programs` places in live programs, `quality` 0 to 1 (ratings, completion).
    """

    protected: bool = False
    in_progress: int = 0
    learners: float | None = None
    programs: int = 0
    quality: float | None = None
    owner_active: bool | None = None
    languages: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """One member's score from 0 to 1 and the parts that make it, each weighted already."""

    resource: str
    score: float
    parts: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The member to keep, empty when nothing is preselected, and why. `archivable` are those that may go."""

    survivor: str
    margin: float
    why: Reason
    standings: tuple[Standing, ...]
    archivable: tuple[str, ...]
    lost: tuple[Quote, ...] = field(default=())


def choose(
    group: Group,
    documents: Mapping[str, Document],
    blocks: Mapping[str, Sequence[Block]],
    facts: Mapping[str, Facts],
    today: date,
    boilerplate: AbstractSet[str] = frozenset(),
) -> Choice:
    """Who survives: protected members first, then the score; in a revision the newer edition, if it is clear.

    Two protected members: none may go. A protected older edition stays beside the newest, since of editions only the
    older may go. A member with attempts in progress may go only in a plan that lets them finish, which is the plan's
    business; here it only counts for the member. `boilerplate` are hashes of the catalog's frame, which goes with
    nobody.
    """
    standings = sorted(
        (_standing(name, group, documents, blocks, facts, today) for name in group.members),
        key=lambda one: (-one.score, one.resource),
    )
    known = {name: facts.get(name, Facts()) for name in group.members}
    protected = [name for name in group.members if known[name].protected]
    margin = round(standings[0].score - standings[1].score, 4) if len(standings) > 1 else 1.0
    if len(protected) > 1:
        why = Reason(
            "protected",
            float(len(protected)),
            f"{len(protected)} of them are mandatory, certifying or on hold.",
        )
        return Choice("", margin, why, tuple(standings), ())
    if protected and _newest(group) in ("", *protected):
        survivor, why = protected[0], Reason("protected", 1.0, "It is mandatory, certifying or on hold.")
    else:
        survivor, why = _by_edition_or_score(group, standings, margin)
    going = tuple(name for name in group.members if name not in (survivor, *protected))
    if survivor and not going:
        survivor, why = "", Reason("protected", 1.0, "The older edition is mandatory, certifying or on hold.")
    if not survivor:
        return Choice("", margin, why, tuple(standings), ())
    lost = would_be_lost(survivor, going, documents, blocks, boilerplate)
    return Choice(survivor, margin, why, tuple(standings), going, lost)


def would_be_lost(
    survivor: str,
    going: Sequence[str],
    documents: Mapping[str, Document],
    blocks: Mapping[str, Sequence[Block]],
    held: AbstractSet[str] = frozenset(),
) -> tuple[Quote, ...]:
    """Blocks of 8 words or more that only members that go have, as quotations; `held` are hashes kept elsewhere.

    A block of which the survivor has four fifths of the words in any order counts as kept; a table of contents says
    nothing that its document does not say again.
    """
    kept = {block.hash for block in blocks.get(survivor, ())} | held
    said = [frozenset(block.text.casefold().split()) for block in blocks.get(survivor, ())]
    found: list[Quote] = []
    for name in going:
        titles = _titles(documents[name], blocks.get(name, ()))
        for block in blocks.get(name, ()):
            if block.kind is BlockKind.HEADING or block.words < _FEWEST_WORDS or block.hash in kept:
                continue
            if block.kind is BlockKind.LIST and titles.issuperset(map(_words, block.text.splitlines())):
                continue
            own = frozenset(block.text.casefold().split())
            if any(len(own & other) >= 0.8 * len(own) for other in said):
                continue
            kept = kept | {block.hash}
            found.append(Quote(name, documents[name].parts[block.part].location, block.start, block.text))
    return tuple(found[:_MOST_LOST])


def _titles(document: Document, blocks: Sequence[Block]) -> frozenset[str]:
    """What a table of contents of this document can name, each as its words."""
    headings = (block.text for block in blocks if block.kind is BlockKind.HEADING)
    return frozenset(map(_words, (document.title, *(part.title for part in document.parts), *headings, "")))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _by_edition_or_score(group: Group, standings: Sequence[Standing], margin: float) -> tuple[str, Reason]:
    newest = _newest(group)
    if newest:
        return newest, Reason("newest_edition", 1.0, "It is the newest edition.")
    if margin < MARGIN:
        return "", Reason(
            "margin", margin, f"The two best differ by {margin:.2f} only: a person should choose."
        )
    best = standings[0]
    strongest = max(best.parts, key=lambda part: part.value)
    return best.resource, Reason(
        "score", best.score, f"Highest score, {best.score:.2f}; most for it: {strongest.code}."
    )


def _newest(group: Group) -> str:
    """Of editions the one that is nobody's older one, if the directions are clear and leave one only."""
    if group.relation is not Relation.REVISED:
        return ""
    revised = [one for one in group.judgements if one.relation is Relation.REVISED]
    if any(reason.code == UNCLEAR for one in revised for reason in one.reasons):
        return ""
    older = {one.a for one in revised}
    left = [name for name in group.members if name not in older]
    return left[0] if len(left) == 1 else ""


def _standing(
    name: str,
    group: Group,
    documents: Mapping[str, Document],
    blocks: Mapping[str, Sequence[Block]],
    facts: Mapping[str, Facts],
    today: date,
) -> Standing:
    known = {member: facts.get(member, Facts()) for member in group.members}
    own = known[name]
    everything = {block.hash: block.words for member in group.members for block in blocks.get(member, ())}
    mine = {block.hash for block in blocks.get(name, ())}
    complete = sum(everything[key] for key in mine) / max(1, sum(everything.values()))
    # As they are told: a score tells of one to four what its words hide.
    most_learners = max((told(round(fact.learners or 0.0)) for fact in known.values()), default=0)
    most_programs = max(fact.programs for fact in known.values())
    most_languages = max(fact.languages for fact in known.values())
    values = {
        "currency": _currency(documents[name], today),
        "completeness": (complete, f"{complete:.0%} of all the group says"),
        "use": (
            0.5 if own.learners is None else _on_scale(told(round(own.learners)), most_learners),
            "use: not known" if own.learners is None else f"{learners(round(own.learners))} in 12 months",
        ),
        "programs": (_on_scale(own.programs, most_programs), f"in {own.programs} programs"),
        "quality": (
            0.5 if own.quality is None else own.quality,
            "quality not known" if own.quality is None else f"quality {own.quality:.0%}",
        ),
        "trackability": _trackability(documents[name]),
        "owner": (
            0.5 if own.owner_active is None else float(own.owner_active),
            "owner not known"
            if own.owner_active is None
            else "owner active"
            if own.owner_active
            else "no active owner",
        ),
        "languages": (own.languages / max(1, most_languages), f"{own.languages} languages"),
    }
    parts = tuple(
        Reason(code, round(WEIGHTS[code] * value, 4), text) for code, (value, text) in values.items()
    )
    return Standing(name, round(sum(part.value for part in parts), 4), parts)


def _currency(document: Document, today: date) -> tuple[float, str]:
    """Freshness of behaviour §4, by the half-life of the document's class; half where no date is known."""
    days = [day for day in (document.updated, document.published, document.reviewed) if day]
    latest = max(days) if days else document.created
    if latest is None:
        return 0.5, "age not known"
    age = max(0, (today - latest).days)
    months = HALF_LIVES[classify(document).content_class]
    return math.pow(0.5, age / (months * _DAYS_A_MONTH)), f"last changed {latest.isoformat()}"


def _on_scale(count: float, most: float) -> float:
    """0 to 1 by orders of magnitude: a course for 300 is not a fifth as needed as one for 1,500."""
    return math.log1p(count) / math.log1p(most) if most > 0 else 0.0


def _trackability(document: Document) -> tuple[float, str]:
    formats = [
        listing.format.lower().replace(" ", "").replace("_", "").replace("-", "")
        for listing in document.listings
    ]
    best = max((_TRACKABILITY.get(name, 0.0) for name in formats), default=0.0)
    if best:
        return best, f"trackable as {' and '.join(sorted(set(formats)))}"
    has_text = any(part.text.strip() for part in document.parts)
    return (_DOCUMENT, "a document") if has_text else (_LINK, "a link")
