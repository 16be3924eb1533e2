"""Rules that keep findings away, and what they leave of one (behaviour.md §8); no I/O, no clock, no protobuf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.catalog.domain.people import email_key
from services.catalog.domain.resources import Resource
from services.catalog.review.findings import REVIEW_DUE, Claim, Draft, Kind, Member, Proposal, Relation
from services.catalog.review.surroundings import Surroundings

TEXT_FACT = "text"
UPDATE_FROM = 0.70  # behaviour.md §4: from there an update is asked for, below it a review

Pair = tuple[str, str]


class Scope(StrEnum):
    """How much a rule hides."""

    EXACT_SET = "EXACT_SET"
    RESOURCE = "RESOURCE"
    FILTER = "FILTER"
    FACT = "FACT"


class Standing(StrEnum):
    """Where a rule stands."""

    ACTIVE = "ACTIVE"
    PROPOSED = "PROPOSED"
    RESTORED = "RESTORED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Filter:
    """What every member of a finding has to meet; empty fields ask nothing. `program` is an id."""

    relations: tuple[Relation, ...] = ()
    source: str = ""
    program: str = ""
    owner: str = ""
    language: str = ""
    title: str = ""

    @property
    def asks(self) -> bool:
        """Whether it asks anything at all."""
        return self != Filter()

    def meets(self, proposal: Proposal, around: Surroundings) -> bool:
        """Whether the finding has the relation, and every member of it is as the filter says."""
        if self.relations and proposal.relation not in self.relations:
            return False
        members = around.present(proposal.resources)
        return bool(members) and all(self._has(each, around) for each in members)

    def _has(self, resource: Resource, around: Surroundings) -> bool:
        language = resource.language.casefold()
        wanted = self.language.casefold()
        return (
            (not self.source or any(each.source == self.source for each in resource.listings))
            and (not self.program or any(each.id == self.program for each in around.holding(resource.id)))
            and (not self.owner or email_key(resource.owner) == email_key(self.owner))
            and (not wanted or language == wanted or language.startswith(f"{wanted}-"))
            and self.title.casefold() in resource.title.casefold()
        )


@dataclass(frozen=True, slots=True)
class Suppression:
    """A rule. `suggestion` is whose refusal made it, `key` the only finding that it means, both empty for others.

    `fact` is TEXT_FACT or a claim's code, `value` the text's hash for the former: another text is another fact.
    `lifted_by` is a person, or empty when its time was over. `hidden` counts findings that it hid or made smaller.
    """

    id: str
    scope: Scope
    kind: Kind | None
    members: tuple[str, ...]
    person: str
    reason: str
    time: datetime
    suggestion: str = ""
    key: str = ""
    filter: Filter = Filter()
    fact: str = ""
    value: str = ""
    comment: str = ""
    proposed: bool = False
    expire_time: datetime | None = None
    lift_time: datetime | None = None
    lifted_by: str = ""
    hidden: int = 0

    @property
    def name(self) -> str:
        """`suppressions/{id}`."""
        return f"suppressions/{self.id}"

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        if self.lift_time is not None:
            return Standing.RESTORED if self.lifted_by else Standing.EXPIRED
        return Standing.PROPOSED if self.proposed else Standing.ACTIVE


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a finding, None when all of it is hidden; `rules` are who hid something: ids of suppressions,
    and `verdict_rule` of a pair. `why` says in words why nothing is left."""

    proposal: Proposal | None
    rules: frozenset[str] = frozenset()
    why: str = ""


def verdict_rule(pair: Pair) -> str:
    """How a verdict is called among what hides."""
    return f"verdict {pair[0]} {pair[1]}"


def kept(
    proposal: Proposal, rules: Sequence[Suppression], apart: Iterable[Pair], around: Surroundings
) -> Kept:
    """What the rules and the pairs that people decided are apart leave of a finding. Hard evidence is never hidden."""
    known = _Names(around)
    if proposal.hard:
        return _without_claims(proposal, rules, known)
    whole = {rule.id for rule in rules if _hides_all(rule, proposal, around, known)}
    if whole:
        return Kept(None, frozenset(whole), _suppressed(whole))
    if proposal.kind is Kind.DUPLICATE:
        return _without_members(proposal, rules, {known.pair(pair) for pair in apart}, known)
    return _without_claims(proposal, rules, known)


class _Names:
    """Resources under their present names: rules and findings may still use those of joined ones."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def of(self, id_: str) -> str:
        resource = self._around.resource(id_)
        return resource.id if resource else id_

    def all(self, ids: Iterable[str]) -> frozenset[str]:
        return frozenset(map(self.of, ids))

    def pair(self, pair: Sequence[str]) -> Pair:
        first, second = sorted(map(self.of, pair))
        return first, second

    def text(self, id_: str) -> str:
        resource = self._around.resource(id_)
        return resource.outline_hash if resource else ""


def _suppressed(rules: Iterable[str]) -> str:
    return f"It is suppressed: {', '.join(f'suppressions/{id_}' for id_ in sorted(rules))}."


def _hides_all(rule: Suppression, proposal: Proposal, around: Surroundings, known: _Names) -> bool:
    if rule.kind not in (None, proposal.kind):
        return False
    match rule.scope:
        case Scope.FILTER:
            return rule.filter.meets(proposal, around)
        case Scope.EXACT_SET:
            same = known.all(rule.members) == known.all(proposal.resources)
            return same and rule.key in ("", proposal.key)
        case Scope.RESOURCE if proposal.kind is not Kind.DUPLICATE:
            return bool(known.all(rule.members) & known.all(_subjects(proposal)))
        case _:
            return False


def _subjects(proposal: Proposal) -> tuple[str, ...]:
    """What the finding is about, without what it only points to: a successor, or what covers an item."""
    if proposal.kind is Kind.PROGRAM:
        return tuple(draft.resource for draft in proposal.drafts if draft.resource)
    return proposal.resources[:1]


def _without_members(
    proposal: Proposal, rules: Sequence[Suppression], apart: set[Pair], known: _Names
) -> Kept:
    """The group without members that a rule or verdict keeps out; whom the curator would keep stay first."""
    pairs = {
        known.pair(rule.members): rule.id
        for rule in rules
        if rule.scope is Scope.EXACT_SET and len(rule.members) == 2
    }
    out = {
        known.of(rule.members[0]): rule.id
        for rule in rules
        if rule.scope is Scope.RESOURCE
        or (rule.scope is Scope.FACT and rule.fact == TEXT_FACT and known.text(rule.members[0]) == rule.value)
    }
    stay: list[str] = []
    used: set[str] = set()
    for member in sorted(proposal.members, key=lambda each: (not each.survivor, -each.score)):
        name = known.of(member.resource)
        against = [known.pair((name, other)) for other in stay]
        hit = {out[name]} if name in out else set[str]()
        hit |= {pairs[pair] for pair in against if pair in pairs}
        hit |= {verdict_rule(pair) for pair in against if pair in apart}
        used |= hit
        if not hit:
            stay.append(name)
    left: tuple[Member, ...] = tuple(each for each in proposal.members if known.of(each.resource) in stay)
    if len(left) == len(proposal.members):
        return Kept(proposal)
    if len(left) < min(2, len(proposal.members)):
        by_rule = {each for each in used if not each.startswith("verdict ")}
        return Kept(None, frozenset(used), _suppressed(by_rule) if by_rule else "A verdict says otherwise.")
    return Kept(replace(proposal, members=left), frozenset(used))


def _without_claims(proposal: Proposal, rules: Sequence[Suppression], known: _Names) -> Kept:
    """The finding without claims on facts that were refused as wrong data or that a review has answered, but with
    all hard ones; without any, what is left asks for no more than an update, since the plan may have rested on what
    is gone."""
    frozen: Mapping[str, str] = {
        rule.fact: rule.id
        for rule in rules
        if rule.scope is Scope.FACT
        and rule.kind is proposal.kind
        and known.all(rule.members) & known.all(_subjects(proposal))
    }
    gone = {claim.code for claim in proposal.claims if claim.code in frozen and not claim.hard}
    used = frozenset(frozen[code] for code in gone)
    if not used:
        return Kept(proposal)
    left = tuple(claim for claim in proposal.claims if claim.hard or claim.code not in gone)
    if not left:
        return Kept(None, used, _suppressed(used))
    said = {claim.code for claim in left}
    evidence = tuple(each for each in proposal.evidence if each.type in said or each.type not in gone)
    return Kept(_weaker(replace(proposal, evidence=evidence), left), used)


def _weaker(proposal: Proposal, claims: Sequence[Claim]) -> Proposal:
    if proposal.hard:
        return replace(proposal, claims=tuple(claims))  # its plan and its confidence rest on the hard ones
    score = max(claim.confidence for claim in claims)
    due_alone = all(claim.code == REVIEW_DUE for claim in claims)
    operation = "request_update" if score >= UPDATE_FROM and not due_alone else "confirm"
    drafts = (Draft(operation, proposal.resources[0]),)
    return replace(proposal, claims=tuple(claims), score=score, drafts=drafts)
