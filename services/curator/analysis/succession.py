"""Which newer edition has taken a document's place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.curator.analysis.ageing import changed_on, last_sign, wording
from services.curator.analysis.editions import direction, title_likeness, title_words
from services.curator.analysis.groups import Pair, pair
from services.curator.analysis.model import Block, Claim, Document, Judgement, Quote, Reason, Relation
from services.curator.analysis.statements import Replacement, replaced_by
from services.curator.analysis.weights import Linear, shipped

_SHOWN = 0.20  # a tie less sure than this is not followed at all
_FOLLOWED = 0.50  # an edition of an edition is followed where its own tie is more likely than not
_CERTAIN = 0.97  # no text is proof of its own error
_SAID, _SAID_AND_NAMED = 0.75, 0.90  # by its own words alone; and when they name a document of the catalog
_DOUBT_LEFT = 0.25  # of a tie when its document also says itself that it was replaced
# Titles of fewer words ("Introduction") and titles of more texts ("Review questions") name no one thing.
_TELLING_WORDS, _MOST_TEXTS = 3, 3
_ALIKE = 0.5  # share of the titles' words from which they speak for one document
_ABOUT_AS_SURE = 0.45  # so much less sure than the surest edition a newer one may be to be named in its place
# A title alone is asked about, whatever the corpora say (nearly all of them right): with age added it stays below
# the 0.70 from which a change is proposed.
_MOST_BY_TITLE = 0.55
_BY_TEXT = (Relation.REVISED, Relation.CONTAINED, Relation.OVERLAP)


@dataclass(frozen=True, slots=True)
class Tie:
    """That `newer` is a newer edition of `older`, how sure, and on which judgement; None where only titles say so.

    `same` says that the two hold the same text: then neither is the newer one, and what supersedes one
    supersedes the other.
    """

    older: str
    newer: str
    confidence: float
    judgement: Judgement | None
    same: bool = False


Editions = Mapping[str, Sequence[Tie]]
"""What `editions` gives: ties by their older document."""


def editions(
    judgements: Iterable[Judgement],
    documents: Mapping[str, Document],
    model: Linear | None = None,
    apart: Collection[Pair] = frozenset(),
) -> dict[str, list[Tie]]:
    """The ties of clear direction between these documents, by the id of the older one.

    An edition is known by its text (REVISED), by a like title over a text that holds part of it, or by a telling
    title alone where one text ended before the other began: pages are rewritten under their old titles. Pairs in
    `apart` (contrary verdicts) are none.
    """
    weighed = model or shipped()["superseded"]
    found: dict[str, list[Tie]] = defaultdict(list)
    for judgement in judgements:
        if judgement.a not in documents or judgement.b not in documents:
            continue
        if pair(judgement.a, judgement.b) in apart:
            continue
        if judgement.relation is Relation.IDENTICAL:
            for one, other in ((judgement.a, judgement.b), (judgement.b, judgement.a)):
                found[one].append(Tie(one, other, judgement.confidence, judgement, same=True))
        elif judgement.relation in _BY_TEXT:
            _add(found, documents[judgement.a], documents[judgement.b], judgement, weighed)
    for older, newer in _rewritten(documents, found):
        if pair(older.id, newer.id) not in apart:
            _add(found, older, newer, None, weighed)
    return found


def tie_measures(judgement: Judgement | None, a: Document, b: Document) -> dict[str, float]:
    """What the model reads of two documents: their judgement, or None for a page rewritten under its old title."""
    if judgement is None:
        return {"revised": 0.0, "part": 0.0, "title": 0.0, "rewritten": 1.0}
    likeness = title_likeness(_own(a.title), _own(b.title))
    title = max(0.0, likeness - _ALIKE) / (1 - _ALIKE)
    revised = judgement.relation is Relation.REVISED
    if revised and not (title_words(_own(a.title)) and title_words(_own(b.title))):
        title = 1.0  # what has no title of its own does not speak against its text
    return {
        "revised": judgement.confidence if revised else 0.0,
        "part": judgement.confidence * title if not revised else 0.0,
        "title": title,
        "rewritten": 0.0,
    }


def superseded(
    document: Document,
    blocks: Sequence[Block],
    newer: Editions,
    documents: Mapping[str, Document],
    today: date,
) -> Claim | None:
    """The claim that a newer edition has taken the document's place, with the newest live one as successor.

    Rests on a tie in which the document is the older one, or on its own words ("This course has been replaced by
    …"). An edition that is archived or came after `today` takes nobody's place. Where the newer edition has a
    newer one itself, that one is the successor.
    """
    reached = _reached(document.id, newer, documents, today)
    stated = replaced_by(document, blocks)
    if not reached:
        return None if stated is None else _says_replaced(document, stated, documents)
    successor, tie, confidence = _newest(reached, newer, documents, today)
    direct = documents[tie.newer]
    judgement = tie.judgement
    held = _held(document.id, judgement)
    says = f"“{direct.title}” is a newer edition{_of_day(direct, today)} and holds {held:.0%} of it."
    if judgement is None:
        says = f"“{direct.title}”{_of_day(direct, today)} has the same title and is newer."
    reasons = [Reason("newer_edition", round(held, 4), says)]
    if successor != tie.newer:
        last = documents[successor]
        reasons.append(
            Reason("newest_edition", 1.0, f"Its newest edition is “{last.title}”{_of_day(last, today)}.")
        )
    quotes = _quotes(document.id, judgement)
    if stated is not None:
        confidence = 1 - (1 - confidence) * _DOUBT_LEFT
        reasons.append(Reason("replaced_by", 1.0, f"It says it was replaced by “{stated.successor}”."))
        quotes = (stated.quote, *quotes)
    return Claim(
        "superseded",
        document.id,
        round(min(_CERTAIN, confidence), 4),
        reasons[0].text,
        quotes=quotes,
        reasons=(*reasons, *(judgement.reasons if judgement else ())),
        successor=successor,
    )


@dataclass(frozen=True, slots=True)
class _Reached:
    """A newer edition: the first tie on the surest way there, and the confidence of that way's weakest tie."""

    first: Tie
    confidence: float


def _add(
    found: dict[str, list[Tie]], a: Document, b: Document, judgement: Judgement | None, model: Linear
) -> None:
    measured = tie_measures(judgement, a, b)
    way = direction(a, b)
    if not way.clear or not any(measured.values()):
        return
    confidence = model.probability(measured)
    if judgement is None:
        confidence = min(confidence, _MOST_BY_TITLE)
    if confidence >= _SHOWN:
        found[way.older].append(Tie(way.older, way.newer, confidence, judgement))


def _rewritten(documents: Mapping[str, Document], ties: Editions) -> Iterable[tuple[Document, Document]]:
    """The last of the texts of one title and the first of those that began after it, where no text ties them.

    A title of three words or more that at most three texts (each with its editions) have had. Texts that were kept
    up side by side are two things of one name.
    """
    by_title: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for document in documents.values():
        if not document.archived and changed_on(document) is not None:
            by_title[_title(document)].append(document)
    for (title, _), holders in by_title.items():
        if len(holders) < 2 or len(title.split()) < _TELLING_WORDS:
            continue
        texts = _texts(holders, ties)
        if not 2 <= len(texts) <= _MOST_TEXTS:
            continue
        for before, after in pairwise(texts):
            if _day(before[-1]) < _day(after[0]):
                yield before[-1], after[0]


def _texts(holders: Sequence[Document], ties: Editions) -> list[list[Document]]:
    """Documents of one title, put together where ties by text join them; each and all in the order of their dates."""
    left = {document.id: document for document in holders}
    linked: dict[str, set[str]] = defaultdict(set)
    for key in left:
        for tie in ties.get(key, ()):
            if tie.newer in left:
                linked[key].add(tie.newer)
                linked[tie.newer].add(key)
    found: list[list[Document]] = []
    while left:
        waiting, text = [next(iter(left))], list[Document]()
        while waiting:
            document = left.pop(waiting.pop(), None)
            if document is not None:
                text.append(document)
                waiting.extend(linked[document.id])
        found.append(sorted(text, key=lambda one: (_day(one), wording(one), one.id)))
    return sorted(found, key=lambda text: (_day(text[0]), wording(text[0]), text[0].id))


def _day(document: Document) -> date:
    return changed_on(document) or date.min


def _title(document: Document) -> tuple[str, str]:
    return " ".join(sorted(title_words(_own(document.title)))), document.language.lower()


def _own(title: str) -> str:
    """A title without the name of the site that some exports write after it ("Leave policy | Intranet")."""
    return title.rsplit(" | ", 1)[0]


def _reached(
    identifier: str, newer: Editions, documents: Mapping[str, Document], today: date
) -> dict[str, _Reached]:
    """Every newer edition that was there on `today`, by the surest way to it."""
    found: dict[str, _Reached] = {}
    waiting: list[tuple[str, Tie | None, float]] = [(identifier, None, 1.0)]
    best: dict[str, float] = {identifier: 1.0}
    while waiting:
        key, first, confidence = waiting.pop()
        known = [tie for tie in newer.get(key, ()) if tie.newer in documents]
        for tie in sorted(known, key=lambda one: (-one.confidence, wording(documents[one.newer]), one.newer)):
            if documents[tie.newer].archived:
                continue
            if first is not None and tie.confidence < _FOLLOWED:
                continue
            along = min(confidence, tie.confidence)
            if along <= best.get(tie.newer, 0.0) or not _there(documents[tie.newer], today):
                continue
            best[tie.newer] = along
            start = first if first is not None and not first.same else tie
            if not tie.same or (first is not None and not first.same):
                found[tie.newer] = _Reached(start, along)
            waiting.append((tie.newer, start, along))
    return found


def _newest(
    reached: Mapping[str, _Reached], newer: Editions, documents: Mapping[str, Document], today: date
) -> tuple[str, Tie, float]:
    """The newest of the editions that are surely reached, the first tie on the way, and the best confidence."""

    def key(identifier: str) -> tuple[date, float, tuple[str, ...], str]:
        sign = last_sign(documents[identifier], today)
        said = wording(documents[identifier])
        return sign[0] if sign else date.min, reached[identifier].confidence, said, identifier

    def as_original(identifier: str) -> tuple[date, int, tuple[str, ...], str]:
        document = documents[identifier]
        born = document.created or document.published or date.max
        return document.seen or date.max, -born.toordinal(), wording(document), identifier

    surest = max(way.confidence for way in reached.values())
    newest = max((one for one, way in reached.items() if way.confidence >= surest - _ABOUT_AS_SURE), key=key)
    # Of copies of one text the one to name is still there, and was there first.
    twins = {tie.newer for tie in newer.get(newest, ()) if tie.same} & reached.keys()
    newest = max({newest, *twins}, key=as_original)
    return newest, reached[newest].first, surest


def _held(identifier: str, judgement: Judgement | None) -> float:
    if judgement is None:
        return 0.0
    return judgement.coverage_a if judgement.a == identifier else judgement.coverage_b


def _quotes(identifier: str, judgement: Judgement | None) -> tuple[Quote, ...]:
    if judgement is None:
        return ()
    return tuple(
        quote
        for passage in judgement.passages[:3]
        for quote in ((passage.a, passage.b) if judgement.a == identifier else (passage.b, passage.a))
    )


def _says_replaced(document: Document, stated: Replacement, documents: Mapping[str, Document]) -> Claim:
    named = _by_title(stated.successor, documents, document.id)
    text = f"It says of itself that it was replaced by “{stated.successor}”."
    return Claim(
        "superseded",
        document.id,
        _SAID_AND_NAMED if named else _SAID,
        text,
        quotes=(stated.quote,),
        reasons=(Reason("replaced_by", 1.0, text),),
        successor=named,
    )


def _of_day(document: Document, today: date) -> str:
    sign = last_sign(document, today)
    return f" of {sign[0].isoformat()}" if sign else ""


def _there(document: Document, today: date) -> bool:
    """Whether this very text existed on `today`: it had been written and not been changed afterwards."""
    latest = max(
        (day for day in (document.created, document.updated, document.published) if day), default=None
    )
    return latest is None or latest <= today


def _by_title(name: str, documents: Mapping[str, Document], other_than: str) -> str:
    wanted = _plain(name)
    fits = sorted(
        document.id
        for document in documents.values()
        if document.id != other_than
        and not document.archived
        and len(_plain(document.title)) >= 8
        and _plain(document.title) in wanted
    )
    return fits[0] if len(fits) == 1 else ""


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.lower()).split())
