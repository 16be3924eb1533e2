"""From judgements to findings: duplicates, what is outdated or unused, programs to streamline; analysis decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date

from services.curator import wire
from services.curator.analysis import freshness, unused
from services.curator.analysis.classes import HALF_LIVES, ContentClass
from services.curator.analysis.disclosure import few, told
from services.curator.analysis.duplicates import PROPOSED, find_duplicates, kept_apart, silenced
from services.curator.analysis.fingerprints import spoken
from services.curator.analysis.freshness import Outdated, Use
from services.curator.analysis.groups import Pair, translations
from services.curator.analysis.model import (
    Document,
    Group,
    Judgement,
    Program,
    ProgramFinding,
    Quiet,
    Relation,
)
from services.curator.analysis.programs.objectives import COVERED, content_words
from services.curator.analysis.programs.paths import ItemFacts, Surroundings
from services.curator.analysis.programs.streamlining import between, streamline
from services.curator.analysis.related import Related
from services.curator.analysis.survivors import Choice, Facts, choose
from services.curator.analysis.told import Told
from services.curator.analysis.trivial import trivial
from services.curator.analysis.unused import Unused
from services.curator.neglect import Neglect
from services.curator.shelf import Book, Shelf
from winnow.internal.v1.feed_service_pb2 import ResourceState

# Above so many learners in 12 months an outdated resource is updated, never archived (behaviour §4: "much used").
_MUCH_USED = 50
_YEAR = 12  # months of use that must be known before none of them says that nobody starts it
_COPIES = (Relation.IDENTICAL, Relation.SAME_ITEM, Relation.REVISED)
_WITHIN = ("drop", "reorder", "gap")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A group with the member to keep; `choice` is None where nothing may go (excerpts, overlaps)."""

    group: Group
    choice: Choice | None


def duplicates(
    shelf: Shelf,
    books: Mapping[str, Book],
    judgements: Iterable[Judgement],
    held_by: Mapping[str, AbstractSet[str]],
    today: date,
    boilerplate: AbstractSet[str],
) -> list[Duplicate]:
    """The duplicate findings among these judgements; archived resources are nobody's copy any more.

    `boilerplate` are hashes of blocks that are not lost with a copy.
    """
    live = [
        one
        for one in judgements
        if one.a in books and one.b in books and not _ended(books[one.a]) and not _ended(books[one.b])
    ]
    documents = {key: book.document for key, book in books.items()}
    blocks = {key: book.blocks for key, book in books.items()}
    found: list[Duplicate] = []
    apart = shelf.apart()
    languages = {key: spoken(book.document, book.profile) for key, book in books.items()}
    families = translations((one for one in live if one.confidence >= PROPOSED), apart, languages)
    for group in [*find_duplicates(live, apart, documents), *families]:
        choice = None
        if group.relation in _COPIES:
            facts = {member: _facts(shelf, member, held_by) for member in group.members}
            choice = choose(group, documents, blocks, facts, today, boilerplate)
        found.append(Duplicate(group, choice))
    return found


def two_things(shelf: Shelf, judgements: Iterable[Judgement]) -> frozenset[Pair]:
    """Pairs of live resources, smaller id first, that are no duplicates however much they share.

    By all their judgements and by what people said.
    """
    return kept_apart(_live(shelf, judgements), shelf.documents, shelf.apart())


def quiet(shelf: Shelf, judgements: Iterable[Judgement]) -> Mapping[Pair, Quiet]:
    """The rule that keeps a tie of live resources, as (a, b), from being a finding, for each that has one."""
    return silenced(_live(shelf, judgements), shelf.apart(), shelf.documents)


def _live(shelf: Shelf, judgements: Iterable[Judgement]) -> list[Judgement]:
    return [
        one
        for one in judgements
        if all(key in shelf.documents and not shelf.documents[key].archived for key in (one.a, one.b))
    ]


def _ended(book: Book) -> bool:
    return book.document.archived


def _stays(state: ResourceState) -> bool:
    """Whether no plan may archive it: somebody must complete it, or earns a certification by it, or it is on hold."""
    return state.mandatory or state.certification or state.on_hold


def _facts(shelf: Shelf, member: str, held_by: Mapping[str, AbstractSet[str]]) -> Facts:
    state = shelf.resources[member]
    use = shelf.use.get(member)
    return Facts(
        protected=_stays(state),
        in_progress=use.in_progress if use else 0,
        learners=float(use.started_year) if use else None,
        programs=len(held_by.get(member, ())),
        quality=None,
        owner_active=state.owner_active if state.owner else None,
    )


def outdated(
    shelf: Shelf,
    book: Book,
    related: Related,
    explained: AbstractSet[str],
    told: Told,
    today: date,
    half_lives: Mapping[ContentClass, int] = HALF_LIVES,
) -> Outdated | None:
    """What speaks against one resource, or None.

    `related` holds its ties to others (`related.relate`), `half_lives` the months that a class takes to age here.
    `explained` are resources that a duplicate finding already retires in favour of a newer edition: that alone
    makes no second finding.
    """
    document = book.document
    if document.archived:
        return None
    found = [
        claim
        for claim in freshness.claims(document, book.blocks, related, today, half_lives, told)
        if not (claim.code == "superseded" and document.id in explained)
    ]
    fresh = freshness.current_freshness(document, today, half_lives)
    return freshness.offered(found, fresh, _use(shelf, document.id))


def unneeded(
    shelf: Shelf,
    neglect: Neglect,
    book: Book,
    held_by: Mapping[str, AbstractSet[str]],
    told: Told,
    today: date,
) -> Unused | None:
    """What says that nobody needs one resource, or None: what must stay, or is led away from already, is left alone."""
    document = book.document
    state, use = shelf.resources[document.id], shelf.use.get(document.id)
    if document.archived or state.successor or _stays(state):
        return None
    found = [neglect.claims[document.id]] if document.id in neglect.claims else []
    # Somebody chose what a program holds, however little there is to it.
    if not held_by.get(document.id) and not (use is not None and use.in_progress):
        starts = _starts_a_year(use)
        slight = trivial(document, book.blocks, starts, today, check_links=told.check_links)
        found += [slight] if slight is not None else []
    return unused.offered(document, found, neglect.drawn(document.id), hidden=state.hidden, today=today)


def _starts_a_year(use: wire.Use | None) -> int | None:
    return use.started_year if use is not None and len(use.started_months) >= _YEAR else None


def _use(shelf: Shelf, resource: str) -> Use:
    state = shelf.resources[resource]
    if _stays(state):
        return Use.MUCH  # what must stay is updated, however few use it
    known = shelf.use.get(resource)
    if known is None:
        return Use.NOT_KNOWN
    if known.started_year == 0 and known.in_progress == 0:
        return Use.NONE
    return Use.MUCH if known.started_year >= _MUCH_USED else Use.SOME


def streamlined(
    shelf: Shelf,
    program: Program,
    books: Mapping[str, Book],
    found: Sequence[Duplicate],
    boilerplate: AbstractSet[str],
    apart: AbstractSet[Pair],
) -> list[ProgramFinding]:
    """Items of one program that its path covers elsewhere or that come too early, and objectives left open.

    `apart` are pairs of two things (`two_things`), of which neither covers what the other says.
    Replacing an item by its better copy is a part of that copy's own suggestion, so it makes no finding here.
    """
    better = {
        member: one.choice.survivor
        for one in found
        if one.choice is not None and one.choice.survivor
        for member in one.group.members
        if member != one.choice.survivor
    }
    around = _around(shelf, books, [one.group for one in found], boilerplate, [program], better, apart)
    wanted = [each for each in streamline(program, shelf.programs, around) if each.operation in _WITHIN]
    return [_offered(shelf, program, each) if each.operation == "gap" else each for each in wanted]


def together(
    shelf: Shelf, books: Mapping[str, Book], judgements: Iterable[Judgement], boilerplate: AbstractSet[str]
) -> list[ProgramFinding]:
    """What live programs have in common: those to retire or merge, and modules to share.

    `judgements` are all between items of programs, `books` all of these items.
    """
    live = {key: each for key, each in shelf.programs.items() if key not in shelf.archived_programs}
    return between(live, program_surroundings(shelf, books, judgements, boilerplate))


def program_surroundings(
    shelf: Shelf, books: Mapping[str, Book], judgements: Iterable[Judgement], boilerplate: AbstractSet[str]
) -> Surroundings:
    """What is known around all programs, as far as these books and judgements say it."""
    documents = {key: book.document for key, book in books.items()}
    copies = (one for one in judgements if one.relation in _COPIES and {one.a, one.b} <= documents.keys())
    groups = find_duplicates(copies, shelf.apart(), documents)
    return _around(shelf, books, groups, boilerplate, shelf.programs.values(), {})


def _around(
    shelf: Shelf,
    books: Mapping[str, Book],
    groups: Sequence[Group],
    boilerplate: AbstractSet[str],
    programs: Iterable[Program],
    better: Mapping[str, str],
    apart: AbstractSet[Pair] = frozenset(),
) -> Surroundings:
    documents: dict[str, Document] = {key: book.document for key, book in books.items()}
    facts = {
        key: ItemFacts(
            minutes=state.duration_seconds / 60 if state.duration_seconds else None,
            observed=_observed_minutes(shelf.use.get(key)),
            started=_begun(shelf.use.get(key)),
        )
        for key, state in shelf.resources.items()
        if key in books
    }
    known = list(programs)
    idle = {each.id: months for each in known if (months := idle_months(shelf, each)) is not None}
    return Surroundings(
        documents=documents,
        blocks={key: book.blocks for key, book in books.items()},
        better=better,
        groups=groups,
        facts=facts,
        learners={key: count for each in known for key, count in _learners(shelf, each).items()},
        boilerplate=boilerplate,
        idle=idle,
        apart=apart,
    )


def _observed_minutes(use: wire.Use | None) -> float | None:
    """The mean of a year's learners; None where no source timed them, or where it would tell of a few."""
    started = _counted(use)
    return use.seconds_year / started / 60 if use is not None and started and use.seconds_year else None


def idle_months(shelf: Shelf, program: Program) -> int | None:
    """Months since somebody last began an item of the program; None where the use of one of them is not known.

    Counted to the newest month that the catalog knows, and no further back than every item's own history.
    """
    uses = [shelf.use.get(item.resource) for item in program.items if item.resource]
    newest = max((_month(use.newest_month) for use in shelf.use.values() if use.newest_month), default=0)
    months: list[int] = []
    for use in uses:
        if use is None or use.newest_month is None or not use.started_months:
            return None
        since = next(
            (n for n, count in enumerate(reversed(use.started_months)) if count), len(use.started_months)
        )
        months.append(newest - _month(use.newest_month) + since)
    return min(months, default=None)


def _month(day: date) -> int:
    return day.year * 12 + day.month


def _offered(shelf: Shelf, program: Program, gap: ProgramFinding) -> ProgramFinding:
    """The gap with the resource whose own objectives or title say most of what is missing; none may."""
    wanted = content_words(gap.subject)
    held = {item.resource for item in program.items}
    best: tuple[float, str] = (0.0, "")
    for key, state in shelf.resources.items():
        if key in held or state.archived or state.successor or state.hidden:
            continue
        said = content_words(" ".join((state.title, *state.objectives)))
        best = max(best, (len(wanted & said) / len(wanted), key))
    return replace(gap, replacement=best[1] if best[0] >= COVERED else "", quotes=())


def _begun(use: wire.Use | None) -> float | None:
    """No more than so many began it in a year; of a few the smallest number told, None where nobody counted."""
    return float(told(use.started_year)) if use is not None else None


def _counted(use: wire.Use | None) -> float | None:
    """Who began it in a year; None where nobody was counted, or they are few."""
    return float(use.started_year) if use is not None and not few(use.started_year) else None


def _learners(shelf: Shelf, program: Program) -> dict[str, float]:
    # Nobody enrols in more items than in the program: the most started item stands for its learners.
    started = [shelf.use[item.resource].started_year for item in program.items if item.resource in shelf.use]
    # Of a few it would be told how many they are, by the hours saved.
    return {program.id: float(max(started))} if started and not few(max(started)) else {}
