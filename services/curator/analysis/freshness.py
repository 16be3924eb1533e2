"""Whether a document is still right: its clock, the evidence against it, and the plan that this allows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.curator.analysis.classes import HALF_LIVES, ContentClass, classify
from services.curator.analysis.lifecycle import mentions
from services.curator.analysis.model import Block, Claim, Document, Judgement, Reason, Relation
from services.curator.analysis.statements import dated_statements, replaced_by

_DAYS_A_MONTH = 365.25 / 12
_DUE = 0.5  # F at which a review is due, so that the half-life is the review interval (behaviour §4)
# What the clock alone adds: days since the last change tell what owners later retire from what they keep at an
# AUC of 0.58 only (corpora, BASELINES.md), so it stays below what is ever proposed and never decides.
_AGE_WEIGHT = 0.30
_ASK, _ACT, _ARCHIVE = 0.40, 0.70, 0.90  # behaviour §4
_CERTAIN = 0.97  # no text is proof of its own error
_FURTHER = (
    0.85  # each further piece of evidence of one kind leaves this share of the doubt: they age together
)


class Plan(StrEnum):
    """What is proposed for an outdated document, the mildest first."""

    REVIEW = "review"
    UPDATE = "update"
    DEPRECATE = "deprecate"
    ARCHIVE = "archive"


class Use(StrEnum):
    """How much a document is used now; NOT_KNOWN never counts as none."""

    NOT_KNOWN = "not_known"
    NONE = "none"
    SOME = "some"
    MUCH = "much"


@dataclass(frozen=True, slots=True)
class Outdated:
    """All that speaks against one document, as one finding.

    `probability` is that of being outdated; `confidence` what a reviewer sees: 1 for a date rule alone.
    `claims` has the strongest first; `successor` is the document that takes its place, or empty.
    """

    document: str
    plan: Plan
    confidence: float
    probability: float
    claims: tuple[Claim, ...]
    successor: str = ""


def freshness(age_days: float, half_life_months: float) -> float:
    """F = 2^(−age/H), from 1 (today) towards 0 (behaviour §4)."""
    return math.pow(2.0, -max(0.0, age_days) / (half_life_months * _DAYS_A_MONTH))


def last_sign(document: Document, today: date) -> tuple[date, str] | None:
    """The later of last full review, last change and publication, and which it was; None where none is known.

    A day after `today` is no sign of life. The first appearance counts only where nothing else is known.
    """
    signs = [
        (document.reviewed, "reviewed"),
        (document.updated, "changed"),
        (document.published, "published"),
    ]
    known = [(day, what) for day, what in signs if day is not None and day <= today]
    if not known and document.created is not None and document.created <= today:
        return document.created, "created"
    return max(known, default=None)


def current_freshness(
    document: Document, today: date, half_lives: Mapping[ContentClass, int] = HALF_LIVES
) -> float:
    """F of the document today; 1 where no date is known, because silence is no evidence."""
    sign = last_sign(document, today)
    if sign is None:
        return 1.0
    return freshness((today - sign[0]).days, half_lives[classify(document).content_class])


def review_due(
    document: Document, today: date, half_lives: Mapping[ContentClass, int] = HALF_LIVES
) -> Claim | None:
    """A claim with confidence 1 when a review is due by date, saying why in its reasons; else None.

    A review date somebody stated wins over the half-life, unless a later review has answered it.
    """
    stated = document.review_date
    if stated is not None and (document.reviewed is None or document.reviewed < stated):
        if stated > today:
            return None
        late = (today - stated).days
        text = f"A review was due on {stated.isoformat()}, {_span(late)} ago."
        return Claim(
            "review_due",
            document.id,
            1.0,
            text,
            reasons=(Reason("review_date", float(late), text),),
        )
    sign = last_sign(document, today)
    if sign is None:
        return None
    day, what = sign
    found = classify(document)
    half_life = half_lives[found.content_class]
    age = (today - day).days
    fresh = freshness(age, half_life)
    if fresh > _DUE:
        return None
    return Claim(
        "review_due",
        document.id,
        1.0,
        f"Last {what} on {day.isoformat()}, {_span(age)} ago; due every {half_life} months.",
        reasons=(
            Reason("freshness", round(fresh, 4), f"Freshness {fresh:.2f}; a review is due at {_DUE:.2f}."),
            Reason("age_months", round(age / _DAYS_A_MONTH, 1), f"Last {what} on {day.isoformat()}."),
            Reason("class", float(half_life), f"Taken as {found.content_class.label}: {found.why}."),
        ),
    )


def expired(document: Document, today: date) -> Claim | None:
    """A hard claim when the day on which the document itself says it ends has passed; else None."""
    if document.expires is None or document.expires >= today:
        return None
    text = f"It expired on {document.expires.isoformat()}, {_span((today - document.expires).days)} ago."
    return Claim(
        "expired",
        document.id,
        1.0,
        text,
        reasons=(Reason("expires", float((today - document.expires).days), text),),
        hard=True,
    )


def superseded(
    document: Document,
    blocks: Sequence[Block],
    judgements: Iterable[Judgement],
    documents: Mapping[str, Document],
    today: date,
) -> Claim | None:
    """The claim that a newer edition has taken the document's place, with the newest live one as successor.

    Rests on a REVISED judgement in which the document is the older one, or on its own words ("This course has
    been replaced by …"). An edition that is archived or came after `today` takes nobody's place.
    """
    newer: list[tuple[date, float, str, Judgement]] = []
    for judgement in judgements:
        if judgement.relation is not Relation.REVISED or judgement.a != document.id:
            continue
        if any(reason.code == "direction_unclear" for reason in judgement.reasons):
            continue
        other = documents.get(judgement.b)
        if other is None or other.archived or not _there(other, today):
            continue
        sign = last_sign(other, today)
        newer.append((sign[0] if sign else date.min, judgement.confidence, other.id, judgement))
    stated = replaced_by(document, blocks)
    if not newer and stated is None:
        return None
    if not newer and stated is not None:
        named = _by_title(stated.successor, documents, document.id)
        text = f"It says of itself that it was replaced by “{stated.successor}”."
        return Claim(
            "superseded",
            document.id,
            0.90 if named else 0.75,
            text,
            quotes=(stated.quote,),
            reasons=(Reason("replaced_by", 1.0, text),),
            successor=named,
        )
    day, confidence, successor, judgement = max(newer, key=lambda found: (found[0], found[1], found[2]))
    reasons = [
        Reason(
            "newer_edition",
            round(judgement.coverage_a, 4),
            f"“{documents[successor].title}” is a newer edition"
            + (f" of {day.isoformat()}" if day != date.min else "")
            + f" and holds {judgement.coverage_a:.0%} of it.",
        )
    ]
    quotes = tuple(quote for passage in judgement.passages[:3] for quote in (passage.a, passage.b))
    if stated is not None:
        confidence = 1 - (1 - confidence) * 0.25
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


def passed_statements(document: Document, blocks: Sequence[Block], today: date) -> Claim | None:
    """The claim that sentences declare coming or valid what their own date has ended, each quoted; else None."""
    found = dated_statements(document, blocks, today)
    if not found:
        return None
    first = max(found, key=lambda statement: statement.confidence)
    doubt = (1 - first.confidence) * math.pow(_FURTHER, len(found) - 1)
    return Claim(
        "dated_statement",
        document.id,
        round(min(0.90, 1 - doubt), 4),
        f"{_count(len(found), 'statement')} whose date has passed, the first on "
        f"{min(statement.passed for statement in found).isoformat()}.",
        quotes=tuple(statement.quote for statement in found),
        reasons=tuple(
            Reason(
                statement.code,
                float((today - statement.passed).days),
                f"Passed on {statement.passed.isoformat()}.",
            )
            for statement in found
        ),
    )


def past_end(document: Document, blocks: Sequence[Block], today: date) -> tuple[Claim, ...]:
    """A claim for each product, standard or law that the text takes for current although it has ended."""
    claims: list[Claim] = []
    for mention in mentions(document, blocks, today):
        ending = mention.ending
        instead = f"; {ending.replacement} takes its place" if ending.replacement else ""
        text = f"{ending.name}: {ending.kind} on {ending.end.isoformat()}{instead}."
        claims.append(
            Claim(
                "past_end",
                document.id,
                mention.confidence,
                text,
                quotes=mention.quotes,
                reasons=(
                    Reason("ending", float((today - ending.end).days), f"{text} Source: {ending.source}"),
                    Reason("mentions", float(len(mention.quotes)), _count(len(mention.quotes), "sentence")),
                ),
            )
        )
    return tuple(claims)


def claims(
    document: Document,
    blocks: Sequence[Block],
    judgements: Iterable[Judgement],
    documents: Mapping[str, Document],
    today: date,
    half_lives: Mapping[ContentClass, int] = HALF_LIVES,
) -> tuple[Claim, ...]:
    """All claims against one document, the strongest first. `judgements` may name other documents too."""
    single = (
        expired(document, today),
        superseded(document, blocks, judgements, documents, today),
        passed_statements(document, blocks, today),
        review_due(document, today, half_lives),
    )
    found = [claim for claim in single if claim is not None]
    found.extend(past_end(document, blocks, today))
    return tuple(
        sorted(found, key=lambda claim: (not claim.hard, claim.code == "review_due", -claim.confidence))
    )


def probability(found: Iterable[Claim], fresh: float) -> float:
    """That the document is outdated: its age and each kind of claim as independent causes (noisy-or), 0 to 0.97.

    Further claims of one kind add little, since they age together.
    The age of a document without any claim reaches 0.30 at most, so that it is never proposed for its age.
    """
    doubt = 1 - _AGE_WEIGHT * (1 - fresh)
    by_code: dict[str, list[float]] = defaultdict(list)
    for claim in found:
        if claim.code != "review_due":
            by_code[claim.code].append(min(claim.confidence, _CERTAIN))
    for confidences in by_code.values():
        doubt *= (1 - max(confidences)) * math.pow(_FURTHER, len(confidences) - 1)
    return round(min(_CERTAIN, 1 - doubt), 4)


def offered(found: Sequence[Claim], fresh: float, use: Use = Use.NOT_KNOWN) -> Outdated | None:
    """The one finding that a document's claims make, with the strongest plan they allow; None without claims.

    Rules of behaviour §4: below 0.40 nothing but a review that is due by date; from 0.40 a review with the
    evidence; from 0.70 an update, or deprecation where a successor exists; from 0.90 archiving where a successor
    exists or nobody uses it; hard evidence deprecates at once; what is much used is updated, never archived.
    """
    if not found:
        return None
    document = found[0].document
    p = probability(found, fresh)
    due = [claim for claim in found if claim.code == "review_due"]
    others = [claim for claim in found if claim.code != "review_due"]
    successor = next((claim.successor for claim in others if claim.successor), "")
    hard = max((claim.confidence for claim in others if claim.hard), default=0.0)
    if hard:
        return Outdated(document, Plan.DEPRECATE, hard, p, tuple(others), successor)
    if not others or p < _ASK:
        return Outdated(document, Plan.REVIEW, 1.0, p, tuple(due), "") if due else None
    if p < _ACT:
        plan = Plan.REVIEW
    elif use is Use.MUCH:
        plan = Plan.UPDATE
    elif p >= _ARCHIVE and (successor or use is Use.NONE):
        plan = Plan.ARCHIVE
    else:
        plan = Plan.DEPRECATE if successor else Plan.UPDATE
    # A due review goes without saying once there is evidence.
    return Outdated(document, plan, p, p, tuple(others), successor)


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


def _span(days: int) -> str:
    months = round(days / _DAYS_A_MONTH)
    return _count(months, "month") if months else _count(days, "day")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
