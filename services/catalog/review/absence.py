"""What review has made of findings about a resource, or about two: the half of "why is nothing shown" that it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres, postgres_suppressions, postgres_verdicts
from services.catalog.review.domain import DECIDED, State, Suggestion
from services.catalog.review.suppressions import Scope, Suppression

MOST = 20  # standings of one answer

_WORDS = {
    State.OPEN: "shown",
    State.HELD: "held",
    State.SNOOZED: "snoozed",
    State.SCHEDULED: "scheduled",
    State.APPLIED: "applied",
    State.REJECTED: "refused",
    State.UNDONE: "undone",
    State.WITHDRAWN: "withdrawn",
}
_ORDER = (
    "shown",
    "scheduled",
    "held",
    "snoozed",
    "suppressed",
    "verdict",
    "refused",
    "undone",
    "applied",
    "withdrawn",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One reason why something is shown or not, by a stable word; the names of what decides it are ids, or empty."""

    outcome: str
    text: str
    suggestion: str = ""
    suppression: str = ""
    verdict: str = ""


async def standings(db: Database, ids: Sequence[str]) -> list[Standing]:
    """Where findings about all of these resources stand, those that show most first; empty when there was none."""
    async with db.snapshot() as tx:
        resources = await tx.resources(ids)
        names = [[each.id, *each.aliases] for each in resources]
        if len({each.id for each in resources}) < len(set(ids)):
            return []
        found = await postgres.about_all(tx, names, MOST)
        hidden = await postgres_suppressions.hidden_on(tx, [each.id for each in resources])
        ids_of_rules = sorted({rule for _, rules in hidden for rule in rules})
        rules = {each.id: each for each in await postgres_suppressions.load(tx, ids_of_rules)}
        people = await _emails(tx, found, rules.values())
        said = [_of(each, people) for each in found]
        said += [_suppressed(rules[id_], people) for id_ in ids_of_rules if id_ in rules]
        if len(resources) == 2:
            first, second = sorted(each.id for each in resources)
            said += await _verdict(tx, (first, second))
    return sorted(dict.fromkeys(said), key=lambda each: _ORDER.index(each.outcome))[:MOST]


async def _emails(
    tx: Transaction, found: Iterable[Suggestion], rules: Iterable[Suppression]
) -> Mapping[str, str]:
    people = {each.decision.actor for each in found if each.decision is not None}
    people |= {rule.person for rule in rules}
    return {person.id: person.email for person in await tx.people(sorted(people - {""}))}


def _of(suggestion: Suggestion, people: Mapping[str, str]) -> Standing:
    word = _WORDS[suggestion.state]
    decision = suggestion.decision
    text = f"{suggestion.name} is {suggestion.state}"
    if suggestion.state is State.HELD:
        # Of a blind one nobody is told how certain it is before the decision.
        why = suggestion.held_reason
        text = f"{text}: {why.partition(':')[0] if suggestion.blind else why}"
    elif suggestion.state in DECIDED and decision is not None:
        reason = f" ({decision.reason})" if decision.reason else ""
        text = f"{text} by {people.get(decision.actor, decision.actor)} on {decision.time:%Y-%m-%d}{reason}"
    elif suggestion.state is State.SNOOZED and suggestion.snooze is not None:
        until = suggestion.snooze.until
        text = f"{text} until {until:%Y-%m-%d}" if until else f"{text} until {suggestion.snooze.event}"
    elif suggestion.note:
        text = f"{text}: {suggestion.note}"
    return Standing(word, f"{text.rstrip('.')}.", suggestion=suggestion.name)


def _suppressed(rule: Suppression, people: Mapping[str, str]) -> Standing:
    who = people.get(rule.person, "somebody")
    what = {
        Scope.EXACT_SET: "exactly this set",
        Scope.RESOURCE: "this resource",
        Scope.FILTER: "what meets a filter",
        Scope.FACT: f"the fact “{rule.fact}”",
    }[rule.scope]
    why = "; ".join(each for each in (rule.reason, rule.comment) if each)
    text = f"{who} suppressed {what} on {rule.time:%Y-%m-%d}{f' ({why})' if why else ''}."
    suggestion = f"suggestions/{rule.suggestion}" if rule.suggestion else ""
    return Standing("suppressed", text, suggestion=suggestion, suppression=rule.name)


async def _verdict(tx: Transaction, pair: tuple[str, str]) -> list[Standing]:
    found = await postgres_verdicts.ruling(tx, pair)
    if found is None:
        return []
    people = {person.id: person.email for person in await tx.people([found.person])}
    who = people.get(found.person, "Somebody")
    when = f" on {found.time:%Y-%m-%d}" if found.time else ""
    text = f"{who} decided{when}: {found.verdict.replace('_', ' ')}."
    return [
        Standing(
            "verdict",
            text,
            suggestion=f"suggestions/{found.suggestion}",
            verdict=f"verdicts/{found.a}.{found.b}",
        )
    ]
