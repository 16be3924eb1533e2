"""Whether a document is still right: its clock, the evidence against it, and the plan that this allows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.curator.analysis.ageing import DAYS_A_MONTH, count, freshness, last_sign, span
from services.curator.analysis.classes import HALF_LIVES, ContentClass, classify
from services.curator.analysis.lifecycle import Ending, mentions
from services.curator.analysis.model import Block, Claim, Document, Reason
from services.curator.analysis.related import Related, claims_of_others
from services.curator.analysis.statements import dated_statements
from services.curator.analysis.told import Told, told_claims

_DUE = 0.5  # F at which a review is due, so that the half-life is the review interval (behaviour §4)
# What the clock alone adds: days since the last change tell what owners later retire from what they keep at an
# AUC of 0.58 only (corpora, BASELINES.md), so it stays below what is ever proposed and never decides.
_AGE_WEIGHT = 0.30
_ASK, _ACT, _ARCHIVE = 0.40, 0.70, 0.90  # behaviour §4
_CERTAIN = 0.97  # no text is proof of its own error
_FURTHER = 0.85  # the share of the doubt that each further piece of evidence of one kind leaves
_NOTHING_TOLD = Told()


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

    `probability` is that of being outdated; `confidence` what a reviewer sees: 1 for a review that a date or an
    announcement asks for.
    `claims` has the strongest first; `successor` is the document that takes its place, or empty.
    """

    document: str
    plan: Plan
    confidence: float
    probability: float
    claims: tuple[Claim, ...]
    successor: str = ""


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
        text = f"A review was due on {stated.isoformat()}, {span(late)} ago."
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
        f"Last {what} on {day.isoformat()}, {span(age)} ago; due every {half_life} months.",
        reasons=(
            Reason(
                "freshness",
                round(fresh, 4),
                f"Content like this is due for a review after {half_life} months; this has waited {span(age)}.",
            ),
            Reason("age_months", round(age / DAYS_A_MONTH, 1), f"Last {what} on {day.isoformat()}."),
            Reason("class", float(half_life), f"Taken as {found.content_class.label}: {found.why}."),
        ),
    )


def expired(document: Document, today: date) -> Claim | None:
    """A hard claim when the day on which the document itself says it ends has passed; else None."""
    if document.expires is None or document.expires >= today:
        return None
    text = f"It expired on {document.expires.isoformat()}, {span((today - document.expires).days)} ago."
    return Claim(
        "expired",
        document.id,
        1.0,
        text,
        reasons=(Reason("expires", float((today - document.expires).days), text),),
        hard=True,
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
        f"{count(len(found), 'statement')} whose date has passed, the first on "
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


def past_end(
    document: Document, blocks: Sequence[Block], today: date, told: Sequence[Ending] = ()
) -> tuple[Claim, ...]:
    """A claim for each product, standard or law that the text takes for current although it has ended.

    `told` are endings beside those that are shipped.
    """
    claims: list[Claim] = []
    for mention in mentions(document, blocks, today, told):
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
                    Reason("mentions", float(len(mention.quotes)), count(len(mention.quotes), "sentence")),
                ),
            )
        )
    return tuple(claims)


def claims(
    document: Document,
    blocks: Sequence[Block],
    related: Related,
    today: date,
    half_lives: Mapping[ContentClass, int] = HALF_LIVES,
    told: Told = _NOTHING_TOLD,
) -> tuple[Claim, ...]:
    """All claims against one document, the strongest first; `related` holds its ties to others."""
    single = (
        expired(document, today),
        passed_statements(document, blocks, today),
        review_due(document, today, half_lives),
    )
    found = [claim for claim in single if claim is not None]
    found.extend(past_end(document, blocks, today, told.retirements.endings))
    found.extend(told_claims(document, blocks, told, today))
    found.extend(claims_of_others(document, blocks, related, today))
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
    # Whoever announces a change asks for this review: that it is due is certain, not that the text is wrong.
    asked = plan is Plan.REVIEW and any(claim.code == "announced_change" for claim in others)
    # A due review goes without saying once there is evidence.
    return Outdated(document, plan, 1.0 if asked else p, p, tuple(others), successor)
