"""What suppressions and verdicts leave of a finding that comes in, and findings kept until they no longer hide it."""

from __future__ import annotations

from dataclasses import replace

from services.catalog.postgres.database import Transaction
from services.catalog.review import (
    forming,
    material,
    postgres,
    postgres_suppressions,
    postgres_verdicts,
    suppressions,
)
from services.catalog.review.domain import Suggestion
from services.catalog.review.findings import Kind, Proposal
from services.catalog.review.forming import Ground
from services.catalog.review.suppressions import Kept, Suppression
from services.catalog.review.surroundings import Surroundings


async def kept(tx: Transaction, proposal: Proposal, known: Suggestion | None, on: Ground) -> Kept:
    """What is left of the finding. The set that `known` was refused as does not hide `known` itself: whether that
    comes back is for its own facts to say."""
    names = _names(proposal, on.around)
    rules = await postgres_suppressions.applying(tx, proposal.kind, names, known.id if known else "")
    in_force = [rule for rule in rules if not await _lapsed(tx, rule, on.around)]
    apart = await postgres_verdicts.among(tx, names) if proposal.kind is Kind.DUPLICATE else {}
    return suppressions.kept(
        proposal, in_force, [pair for pair, verdict in apart.items() if verdict != "same"], on.around
    )


def _names(proposal: Proposal, around: Surroundings) -> list[str]:
    """Every name of its members: rules may still use one that a resource had before it was joined."""
    present = around.present(proposal.resources)
    return sorted({*proposal.resources, *(name for each in present for name in (each.id, *each.aliases))})


async def _lapsed(tx: Transaction, rule: Suppression, around: Surroundings) -> bool:
    """Whether a refusal no longer covers these resources: what is material of them has changed since."""
    if not rule.suggestion:
        return False
    refused = await postgres.suggestion(tx, rule.suggestion)
    texts = await forming.same_texts(tx, refused.baseline, around, rule.members)
    facts = material.member_facts(rule.members, around, texts)
    return bool(material.moved(refused.baseline, facts, around))


async def remember(tx: Transaction, proposal: Proposal, rules: frozenset[str]) -> None:
    """Keeps the whole finding while these hide something of it; forgets it when none does."""
    if rules:
        await postgres_suppressions.hide(tx, proposal, rules)
    else:
        await postgres_suppressions.forget(tx, [proposal.key])


async def hidden(tx: Transaction, known: Suggestion, on: Ground) -> Proposal:
    """What rules that are new leave of the claims of a live suggestion; its finding is kept whole to be shown again."""
    stored = await postgres_suppressions.whole(tx, [known.key])
    whole = stored.get(known.key, known.proposal)
    left = await kept(tx, whole, known, on)
    await remember(tx, whole, left.rules)
    if left.proposal is None:
        return known.proposal
    return replace(known.proposal, claims=left.proposal.claims, evidence=left.proposal.evidence)
