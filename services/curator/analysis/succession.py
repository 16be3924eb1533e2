"""Which newer edition has taken a document's place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from services.curator.analysis.ageing import last_sign
from services.curator.analysis.model import Block, Claim, Document, Judgement, Reason, Relation
from services.curator.analysis.statements import Replacement, replaced_by

_FOLLOWED = 0.70  # an edition of an edition is followed where its own tie is this sure
_CERTAIN = 0.97  # no text is proof of its own error
_SAID, _SAID_AND_NAMED = 0.75, 0.90  # by its own words alone; and when they name a document of the catalog
_DOUBT_LEFT = 0.25  # of a judgement when its document also says itself that it was replaced
Editions = Mapping[str, Sequence[Judgement]]
"""What `editions` gives: REVISED judgements of clear direction by their older document."""


def editions(judgements: Iterable[Judgement]) -> dict[str, list[Judgement]]:
    """The REVISED judgements whose direction is clear, by the id of their older document."""
    found: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        unclear = any(reason.code == "direction_unclear" for reason in judgement.reasons)
        if judgement.relation is Relation.REVISED and not unclear:
            found[judgement.a].append(judgement)
    return found


def superseded(
    document: Document,
    blocks: Sequence[Block],
    newer: Editions,
    documents: Mapping[str, Document],
    today: date,
) -> Claim | None:
    """The claim that a newer edition has taken the document's place, with the newest live one as successor.

    Rests on a REVISED judgement in which the document is the older one, or on its own words ("This course has
    been replaced by …"). An edition that is archived or came after `today` takes nobody's place. Where the newer
    edition has a newer one itself, that one is the successor.
    """
    judgement = _newest(document.id, newer, documents, today)
    stated = replaced_by(document, blocks)
    if judgement is None:
        return None if stated is None else _says_replaced(document, stated, documents)
    successor = _last_of_chain(judgement.b, newer, documents, today, {document.id, judgement.b})
    direct = documents[judgement.b]
    reasons = [
        Reason(
            "newer_edition",
            round(judgement.coverage_a, 4),
            f"“{direct.title}” is a newer edition{_of_day(direct, today)} and holds {judgement.coverage_a:.0%} of it.",
        )
    ]
    if successor != judgement.b:
        last = documents[successor]
        reasons.append(
            Reason("newest_edition", 1.0, f"Its newest edition is “{last.title}”{_of_day(last, today)}.")
        )
    confidence = judgement.confidence
    quotes = tuple(quote for passage in judgement.passages[:3] for quote in (passage.a, passage.b))
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
        reasons=(*reasons, *judgement.reasons),
        successor=successor,
    )


def _newest(
    identifier: str, newer: Editions, documents: Mapping[str, Document], today: date
) -> Judgement | None:
    """The judgement on the newest live edition of a document that existed on `today`."""

    def key(judgement: Judgement) -> tuple[date, float, str]:
        sign = last_sign(documents[judgement.b], today)
        return (sign[0] if sign else date.min, judgement.confidence, judgement.b)

    live = [
        judgement
        for judgement in newer.get(identifier, ())
        if judgement.b in documents
        and not documents[judgement.b].archived
        and _there(documents[judgement.b], today)
    ]
    return max(live, key=key, default=None)


def _last_of_chain(
    identifier: str, newer: Editions, documents: Mapping[str, Document], today: date, seen: set[str]
) -> str:
    following = _newest(identifier, newer, documents, today)
    if following is None or following.confidence < _FOLLOWED or following.b in seen:
        return identifier
    return _last_of_chain(following.b, newer, documents, today, seen | {following.b})


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
