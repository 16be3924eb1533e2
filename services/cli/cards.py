"""Suggestions for a terminal: what was found with its evidence side by side, and what a plan would change."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, cast

Json = Mapping[str, Any]

_NO_PROSE = re.compile(r"\s*([-*+#>|]|\d+\.)")
_QUOTE_LINES = 4
_CHANGES = 4
_CHANGE_LINES = 2
_TITLES = 5
_LABEL = 11


def counts(suggestions: Sequence[Json]) -> Iterator[str]:
    """One line for each kind and relation that occurs: how many, and how many of them ask for a decision now."""
    found: dict[str, list[str]] = {}
    for each in suggestions:
        found.setdefault(heading(each), []).append(each["state"])
    for name, states in sorted(found.items()):
        yield f"{len(states):5}  {name:28} {states.count('OPEN'):4} open, {states.count('HELD')} held back"


def heading(suggestion: Json) -> str:
    """The kind and, where members are related, the relation: `duplicate, revised`."""
    words = [suggestion["kind"]]
    if suggestion["relation"] not in ("RELATION_UNSPECIFIED", "UNRELATED"):
        words.append(suggestion["relation"])
    elif suggestion["claims"]:
        words.append(suggestion["claims"][0]["code"])
    return ", ".join(words).lower().replace("_", " ")


def certainty(suggestion: Json) -> str:
    """The confidence; a dash while it is held back until the decision."""
    return "   –" if suggestion.get("blind") else f"{suggestion['confidence']:.2f}"


def card(suggestion: Json, width: int) -> Iterator[str]:
    """The suggestion in about a dozen lines of at most `width` characters."""
    held = f" ({suggestion['heldReason']})" if suggestion["heldReason"] else ""
    title = f"{heading(suggestion)}: confidence {certainty(suggestion)}, {suggestion['state'].lower()}{held}"
    yield shorten(title, width)
    members: Sequence[Json] = suggestion["members"]
    survivors = any(member["survivor"] for member in members)
    for member in members[:_TITLES]:
        label = ("keep" if member["survivor"] else "retire") if survivors else "about"
        name = f"{member['source']}: {member['externalId']}"
        yield _labelled(label, f"{member['title']}  [{name}]", width)
    if len(members) > _TITLES:
        yield _labelled("", f"and {len(members) - _TITLES} more", width)
    yield from _evidence(suggestion["evidence"], width)
    yield from _impact(suggestion.get("impact") or {}, width)
    yield from _plan(suggestion["plan"], width)


def _evidence(evidence: Sequence[Json], width: int) -> Iterator[str]:
    aligned = [each for each in evidence if each.get("counterpart")]
    if aligned:
        chosen = max(aligned, key=_telling)
        half = (width - _LABEL - 3) // 2
        other = chosen["counterpart"]
        sides = [_passage(chosen, half), _passage(other, half)]
        for number, (left, right) in enumerate(zip_longest(*sides, fillvalue="")):
            yield f"{'' if number else 'evidence':>{_LABEL - 2}}  {left:{half}} │ {right}".rstrip()
        if len(aligned) > 1:
            yield _labelled("", f"and {len(aligned) - 1} more passages", width)
        return
    quoted = next((each for each in evidence if each["quote"]), evidence[0] if evidence else None)
    if quoted is None:
        return
    yield _labelled("evidence", quoted["text"], width)
    if quoted["quote"]:
        for line in _passage(quoted, width - _LABEL):
            yield _labelled("", line, width)


def _telling(aligned: Json) -> tuple[bool, bool, int]:
    """Prose says more than a table of contents, a passage that differs more than an equal one, a long one more."""
    prose = not _NO_PROSE.match(aligned["quote"])
    return prose, aligned["match"] != "exact", len(aligned["quote"])


def _passage(quoted: Json, width: int) -> list[str]:
    lines = textwrap.wrap(
        f"“{' '.join(quoted['quote'].split())}”", width, max_lines=_QUOTE_LINES, placeholder=" …"
    )
    return [*lines, shorten(f"({quoted['place']})", width)]


_FIGURES = {
    "learners": "learners a year",
    "learnerHours": "learner hours a year given back",
    "maintenanceHours": "hours of upkeep a year spared",
    "exposed": "learners in 90 days meet what is wrong",
}
"""Figures of the impact with what each counts: the API's units alone do not tell the hours apart."""


def _impact(impact: Json, width: int) -> Iterator[str]:
    figures = [
        f"{impact[name]['value']:.0f} {unit} ({impact[name]['basis']})"
        for name, unit in _FIGURES.items()
        if impact.get(name) and impact[name]["value"] >= 0.5
    ]
    yield _labelled("impact", ", ".join(figures) or "none that is known", width)


def _plan(plan: Json, width: int) -> Iterator[str]:
    changes = [change for part in plan["parts"] for change in part["changes"]]
    for number, change in enumerate(changes[:_CHANGES]):
        label = "" if number else f"plan {plan['risk']}"
        text = change["text"] or change["operation"]
        lines = textwrap.wrap(text, width - _LABEL, max_lines=_CHANGE_LINES, placeholder=" …")
        for line in lines:
            yield _labelled(label, line, width)
            label = ""
    if len(changes) > _CHANGES:
        yield _labelled("", f"and {len(changes) - _CHANGES} more changes", width)
    if plan["caveat"]:
        yield _labelled("note", plan["caveat"].replace(": ", " is "), width)
    for failing in plan["safeguards"][:1]:
        yield _labelled("not now", f"{failing['text']} {failing['remedy']}", width)


def _labelled(label: str, text: str, width: int) -> str:
    return f"{label:>{_LABEL - 2}}  {shorten(text, width - _LABEL)}"


def shorten(text: str, width: int) -> str:
    """The text in one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1].rstrip()}…"


def differences(before: Sequence[Json], after: Sequence[Json]) -> Iterator[str]:
    """What changed between two exports: a line for each field of each object, in the order of the export."""
    earlier, later = ({_key(line): line for line in lines} for lines in (before, after))
    for key in [*earlier, *(key for key in later if key not in earlier)]:
        old, new = earlier.get(key, {}), later.get(key, {})
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield f"{key}: {name}: {_value(old.get(name))} → {_value(new.get(name))}"


def _key(line: Json) -> str:
    return " ".join(str(line[part]) for part in ("type", "source", "external_id", "key") if part in line)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(_value(each) for each in cast("dict[str, object]", value).values())
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in cast('list[object]', value))}]"
    return "–" if value is None or value == "" else str(value)
