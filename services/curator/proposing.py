"""Findings as proposals: what the catalog is told, with evidence it can show without asking again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from importlib.resources import files

from services.curator import wire
from services.curator.analysis.editions import UNCLEAR
from services.curator.analysis.fingerprints import spoken
from services.curator.analysis.freshness import Outdated, Plan
from services.curator.analysis.model import HOURS_OF_CARE, MINUTES_A_LEARNER, ProgramFinding, Relation
from services.curator.analysis.unused import Unused
from services.curator.findings import Duplicate
from services.curator.shelf import Book, Shelf
from winnow.curation.v1.proposal_pb2 import (
    Claim,
    DraftOperation,
    Evidence,
    Proposal,
    ProposalMember,
    ProposalProgram,
)


def _model_version() -> str:
    coefficients = files("services.curator.analysis") / "tables" / "relations.json"
    return hashlib.sha256(coefficients.read_bytes()).hexdigest()[:12]


MODEL_VERSION = _model_version()
"""Names the coefficients that judged; other coefficients judge everything again."""

_MOST_EVIDENCE = 200
_MOST_BYTES = 256 * 1024  # of evidence in one proposal (design §4.6)
LOSES = {
    Relation.SAME_ITEM: "link_listings",
    Relation.IDENTICAL: "archive",
    Relation.REVISED: "deprecate",
}
_OUTDATED_OPERATIONS = {
    Plan.REVIEW: "confirm",
    Plan.UPDATE: "request_update",
    Plan.DEPRECATE: "deprecate",
    Plan.ARCHIVE: "archive",
}


def duplicate(shelf: Shelf, books: Mapping[str, Book], found: Duplicate) -> Proposal:
    """The proposal of a duplicate finding."""
    group, choice = found.group, found.choice
    survivor = choice.survivor if choice else ""
    standings = {standing.resource: standing for standing in choice.standings} if choice else {}
    one = group.judgements[0]
    # Of a pair the contract says which is first: the older edition, the part.
    keys = (one.a, one.b) if len(group.members) == 2 else group.members
    members = [_member(shelf, books, key) for key in keys]
    for member in members:
        member.survivor = member.resource == survivor
        standing = standings.get(member.resource)
        if standing is not None:
            member.score = standing.score
            member.score_parts.update({part.code: part.value for part in standing.parts})
    evidence = [
        *(wire.passage_evidence(passage) for one in group.judgements for passage in one.passages),
        *(wire.reason_evidence(reason) for one in group.judgements for reason in one.reasons),
    ]
    if choice is not None:
        evidence.append(wire.reason_evidence(choice.why))
        text = "Only the copy that would go says this."
        lost = [wire.quote_evidence("would_be_lost", text, quote) for quote in choice.lost]
        evidence = [*lost, *evidence]
    return _finished(
        Proposal(
            key=f"DUPLICATE:{','.join(sorted(group.members))}",
            kind=Proposal.DUPLICATE,
            relation=wire.relation(group.relation),
            members=members,
            score=group.confidence,
            operations=_duplicate_operations(found),
            summary=_duplicate_summary(books, found),
        ),
        shelf,
        evidence,
    )


def _duplicate_operations(found: Duplicate) -> list[DraftOperation]:
    group, choice = found.group, found.choice
    if choice is None:
        one = group.judgements[0]
        return [DraftOperation(operation="request_update", resource=one.a, other=one.b)]
    operation = LOSES[group.relation]
    return [
        DraftOperation(operation=operation, resource=key, other=choice.survivor) for key in choice.archivable
    ]


_ALIKE = {
    Relation.SAME_ITEM: "{} is listed twice",
    Relation.IDENTICAL: "{} is there twice, word for word",
    Relation.REVISED: "{} is there in two editions",
    Relation.CONTAINED: "One {} is contained in the other",
}
"""What is said of two that have the same title, where naming both would tell nobody which is which."""


def _duplicate_summary(books: Mapping[str, Book], found: Duplicate) -> str:
    group = found.group
    one = group.judgements[0]
    a, b = (f"“{_title(books, key)}”" for key in (one.a, one.b))
    more = len(group.members) - 2
    others = f" and {more} more" if more else ""
    if a == b and not more and group.relation in _ALIKE:
        return _ALIKE[group.relation].format(a)
    match group.relation:
        case Relation.SAME_ITEM:
            return f"{a} and {b}{others} are one thing, listed more than once"
        case Relation.IDENTICAL:
            return f"{a} and {b}{others} have the same text"
        case Relation.REVISED:
            if _unclear(found):
                return f"{a} and {b}{others} are editions of one text"
            return f"{a} is an older edition of {b}{others}"
        case Relation.TRANSLATED:
            spoken_in = {spoken(books[key].document, books[key].profile) for key in group.members} - {""}
            languages = f"{len(spoken_in)} languages" if len(spoken_in) > 1 else "several languages"
            return f"{a} and {b}{others} are one content in {languages}"
        case Relation.CONTAINED:
            return f"{a} is contained in {b}"
        case _:
            return f"{a} and {b} share a substantial part"


def _unclear(found: Duplicate) -> bool:
    """Whether editions are named without saying which is older: nothing tells, or the first one stays."""
    reasons = (reason for one in found.group.judgements for reason in one.reasons)
    first = found.group.judgements[0].a
    stays = found.choice is not None and found.choice.survivor == first
    return stays or any(reason.code == UNCLEAR for reason in reasons)


def outdated(shelf: Shelf, books: Mapping[str, Book], found: Outdated) -> Proposal:
    """The proposal of an outdated resource; its claims come strongest first."""
    book = books[found.document]
    others = [found.successor] if found.successor in books else []
    evidence: list[Evidence] = []
    for claim in found.claims:
        evidence += [wire.quote_evidence(claim.code, claim.text, quote) for quote in claim.quotes]
        evidence += [wire.reason_evidence(reason) for reason in claim.reasons]
        if not claim.quotes and not claim.reasons:
            evidence.append(Evidence(type=claim.code, text=claim.text))
    first = found.claims[0].text if found.claims else "Its review is due."
    return _finished(
        Proposal(
            key=f"OUTDATED:{found.document}",
            kind=Proposal.OUTDATED,
            members=[_member(shelf, books, key) for key in (found.document, *others)],
            score=found.confidence,
            operations=[
                DraftOperation(
                    operation=_OUTDATED_OPERATIONS[found.plan],
                    resource=found.document,
                    other=found.successor if others else "",
                )
            ],
            summary=f"“{book.document.title}”: {first}",
            claims=[
                Claim(code=claim.code, confidence=claim.confidence, text=claim.text, hard=claim.hard)
                for claim in found.claims
            ],
        ),
        shelf,
        evidence,
    )


def unused(
    shelf: Shelf, books: Mapping[str, Book], held_by: Mapping[str, AbstractSet[str]], found: Unused
) -> Proposal:
    """The proposal of a resource that nobody needs; programs that hold it are asked to drop it first."""
    holders = sorted(held_by.get(found.document, ()))
    drops = [DraftOperation(operation="item_drop", resource=found.document, program=key) for key in holders]
    evidence: list[Evidence] = []
    for claim in found.claims:
        evidence += [wire.quote_evidence(claim.code, claim.text, quote) for quote in claim.quotes]
        evidence += [wire.reason_evidence(reason) for reason in claim.reasons]
    return _finished(
        Proposal(
            key=f"UNUSED:{found.document}",
            kind=Proposal.UNUSED,
            members=[_member(shelf, books, found.document)],
            programs=[ProposalProgram(program=key, revision=shelf.program_revisions[key]) for key in holders],
            score=found.confidence,
            operations=[*drops, DraftOperation(operation=found.plan, resource=found.document)],
            summary=f"“{books[found.document].document.title}”: {found.claims[0].text}",
            claims=[
                Claim(code=claim.code, confidence=claim.confidence, text=claim.text) for claim in found.claims
            ],
        ),
        shelf,
        evidence,
    )


def programs(shelf: Shelf, books: Mapping[str, Book], found: Iterable[ProgramFinding]) -> Iterator[Proposal]:
    """A proposal each, but of those whose items nobody has read yet: they are found again once somebody has."""
    for each in found:
        made = _program(shelf, books, each)
        if made.members:
            yield made


def _program(shelf: Shelf, books: Mapping[str, Book], found: ProgramFinding) -> Proposal:
    """The proposal of one way to streamline a program, or several."""
    covering = sorted({passage.b.document for passage in found.passages} - set(found.items))
    shown = found.items if found.operation == "merge" else (*found.items, *covering)
    if found.operation == "gap":  # what could fill it, else all that does not
        shown = (
            () if found.replacement else tuple(item.resource for item in shelf.programs[found.program].items)
        )
    offered = (found.replacement,) if found.replacement in books else ()
    hours = sum(saving.amount for saving in found.savings if saving.unit == HOURS_OF_CARE)
    time = [saving for saving in found.savings if saving.unit != HOURS_OF_CARE]
    return _finished(
        Proposal(
            key=program_key(found),
            kind=Proposal.PROGRAM,
            members=[_member(shelf, books, key) for key in dict.fromkeys((*shown, *offered)) if key in books],
            programs=[
                ProposalProgram(program=key, revision=shelf.program_revisions[key])
                for key in (found.program, *found.others)
            ],
            score=found.confidence,
            operations=_program_operations(found),
            summary=_program_summary(shelf, books, found),
            saving_minutes=found.saving_minutes,
            saving_basis=time[0].basis if time else "",
            maintenance_hours=hours,
            saving_per_learner=bool(time) and time[0].unit == MINUTES_A_LEARNER,
        ),
        shelf,
        [
            *(wire.passage_evidence(passage) for passage in found.passages),
            *(
                wire.quote_evidence(found.operation, _QUOTED[found.operation], quote)
                for quote in found.quotes
            ),
            *(wire.reason_evidence(reason) for reason in found.reasons),
        ],
    )


TOGETHER = frozenset({"share", "merge", "retire"})
"""Operations that rest on all programs, not on one."""
_QUOTED = {"reorder": "Here it is used, or taught.", "gap": "This speaks of the objective."}


def program_key(found: ProgramFinding) -> str:
    """`PROGRAM:{program}:{operation}:{what}`; long lists of items are named by their digest."""
    what = {
        "merge": ",".join(found.others),
        "retire": "",
        "gap": hashlib.sha256(found.subject.encode()).hexdigest()[:16],
        "share": hashlib.sha256(",".join((*sorted(found.others), "", *found.items)).encode()).hexdigest()[
            :32
        ],
    }.get(found.operation, ",".join(sorted(found.items)))
    return f"PROGRAM:{found.program}:{found.operation}:{what}"


def operation_of(key: str) -> str:
    """The operation that a program's key names."""
    return key.split(":", 3)[2]


def _program_operations(found: ProgramFinding) -> list[DraftOperation]:
    program = found.program
    match found.operation:
        case "share":
            holders = (program, *found.others)
            return [DraftOperation(operation="extract_module", program=key) for key in holders]
        case "merge":
            return [DraftOperation(operation="merge_programs", program=program, into=found.others[0])]
        case "retire":
            return [DraftOperation(operation="archive_program", program=program)]
        case "reorder":
            late, early = found.items
            return [DraftOperation(operation="item_move", resource=late, other=early, program=program)]
        case "gap" if found.replacement:
            return [DraftOperation(operation="item_insert", resource=found.replacement, program=program)]
        case "gap":
            return [DraftOperation(operation="brief", program=program, subject=found.subject)]
        case _:
            return [
                DraftOperation(operation=f"item_{found.operation}", resource=key, program=program)
                for key in found.items
            ]


def _program_summary(shelf: Shelf, books: Mapping[str, Book], found: ProgramFinding) -> str:
    title = f"“{shelf.programs[found.program].title}”"
    others = ", ".join(f"“{shelf.programs[key].title}”" for key in found.others)
    items = [f"“{_title(books, key)}”" for key in found.items]
    match found.operation:
        case "share":
            return f"{title} and {others} hold the same {len(items)} items: one module could serve all"
        case "merge":
            return f"{title} teaches mostly what {others} teaches"
        case "retire":
            return f"Nobody begins {title} any more, and {others} covers it"
        case "reorder":
            return f"{title} uses in {items[1]} what {items[0]} first teaches"
        case "gap":
            return f"{title} promises “{found.subject}”, which no item covers"
        case _:
            return f"{title} teaches what {', '.join(items)} says a second time"


def _member(shelf: Shelf, books: Mapping[str, Book], key: str) -> ProposalMember:
    return ProposalMember(resource=key, content_hash=books[key].content_hash, revision=shelf.revisions[key])


def _title(books: Mapping[str, Book], key: str) -> str:
    return books[key].document.title if key in books else key


def _finished(proposal: Proposal, shelf: Shelf, evidence: Sequence[Evidence]) -> Proposal:
    size = 0
    for item in evidence[:_MOST_EVIDENCE]:
        size += item.ByteSize()
        if size > _MOST_BYTES:
            break
        proposal.evidence.append(item)
    proposal.model_version = MODEL_VERSION
    proposal.epoch = shelf.epoch or ""
    return wire.sealed(proposal)
