"""A whole plan from a proposal: formed, simulated, checked, rated, and resting on named facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.catalog.review import material, plans, risk, safeguards, simulation
from services.catalog.review.domain import NO_PLAN, Edits, Plan, Risk
from services.catalog.review.effects import effects
from services.catalog.review.findings import Proposal
from services.catalog.review.surroundings import Surroundings

USE_UNKNOWN = "use: not known"


def assessed(
    proposal: Proposal,
    edits: Edits,
    around: Surroundings,
    texts: Mapping[str, str],
    *,
    before: Plan = NO_PLAN,
    approved: bool = False,
) -> Plan:
    """The plan with parts rated and fingerprinted, failing safeguards, simulation and what is not known.

    `texts` gives for a resource the text that counts as the same as its present one. What the plan said `before` goes
    on as `plans.formed` says, unless safeguards forbid that and less of what would be said anew.
    """
    plan = _checked(proposal, edits, around, texts, before, approved=approved)
    if not (plan.safeguards and before.parts):
        return plan
    anew = _checked(proposal, edits, around, texts, NO_PLAN, approved=False)
    return anew if _broken(anew) < _broken(plan) else plan


def _broken(plan: Plan) -> set[tuple[str, str]]:
    return {(each.code, each.target) for each in plan.safeguards}


def _checked(
    proposal: Proposal,
    edits: Edits,
    around: Surroundings,
    texts: Mapping[str, str],
    before: Plan,
    *,
    approved: bool,
) -> Plan:
    plan = plans.formed(proposal, edits, around, before=before, approved=approved)
    computed = simulation.simulated(plan, around)
    plan = replace(plan, safeguards=safeguards.failing(plan, around), caveat=_caveat(plan, around))
    parts = tuple(
        replace(
            part,
            risk=risk.of_part(part, plan, around, sums_only=computed.sums_only),
            facts=material.facts_of(part, proposal, plan, around, texts),
        )
        for part in plan.parts
    )
    plan = replace(plan, parts=parts)
    return replace(plan, simulation=computed if plan.risk >= Risk.R2 else None)


def _caveat(plan: Plan, around: Surroundings) -> str:
    """Where any resource that learners are led away from, or any program that changes, comes from sources without known
    learners.
    """
    concerned = around.present(sorted(safeguards.led_away(plan)))
    programs = [around.programs[id_] for id_ in effects(plan.parts).programs if id_ in around.programs]
    unknown = any(map(around.without_learners, concerned)) or any(map(around.without_learners_in, programs))
    return USE_UNKNOWN if unknown else ""
