"""What a suggestion says, in the page's words: its title, its proposal, what accepting does, what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from services.gateway.web import dates, fitting
from services.gateway.web.api import Json
from services.gateway.web.words import known, say

KIND_ICONS = {"DUPLICATE": "copy", "OUTDATED": "calendar-x", "UNUSED": "eye-off", "PROGRAM": "scissors"}
LETTERS = "ABCDEFGHIJKL"

_RESOURCES = "resources"  # the id of the part that is no program
_NAMED = re.compile(r"suggestions/[0-9a-f-]{36}")
_QUOTED = re.compile("(?<=“)([^“”]+)(?=”)")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

_OPERATION_ICONS = {
    "archive": "archive",
    "unlist": "eye-off",
    "deprecate": "archive",
    "close_to_new": "lock",
    "add_equivalence": "badge-check",
    "link_listings": "copy-check",
    "confirm": "badge-check",
    "request_update": "pencil",
}
# What was measured but says nothing by itself to somebody who decides.
_SILENT = frozenset({"passage", "would_be_lost", "score", "margin", "runs", "saving", "learners_a_year"})
_USE_UNKNOWN = "use: not known"  # as the API words it among its caveats
_OF_THE_SURVIVOR = frozenset({"protected"})
"""Reasons for keeping one copy rather than another: they stand beside the copy."""
_UNCLEAR = "direction_unclear"
"""Evidence that nothing tells which of two editions is the newer."""
_CHANGED = "changed since you looked"
_NOTES = {_CHANGED: "changed", "returned": "returned", "not applied": "not_applied"}
"""With what a note begins, and the words that stand for it."""
RECURS = "recurs"
"""Evidence of items that several programs hold in the same order."""
_RETIRES = frozenset({"archive", "deprecate", "unlist", "close_to_new"})
_NEVER_RETIRES = frozenset({"TRANSLATED", "VARIANT"})  # behaviour.md §3: there is none to keep


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its icon; `material` unless it is of counts alone, which change by themselves (behaviour.md §8)."""

    icon: str
    text: str
    material: bool = True


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A change of a program that somebody took out of the plan: its id, and what it would do to which of its items."""

    id: str
    operation: str
    program: str
    resource: str


def ordered(suggestion: Json) -> list[Json]:
    """The members, the one that stays first."""
    return sorted(suggestion["members"], key=lambda member: not member["survivor"])


def lettered(suggestion: Json) -> list[tuple[str, Json]]:
    """The members in that order, each with its letter; of more than there are letters the first ones."""
    return list(zip(LETTERS, ordered(suggestion), strict=False))


def title(suggestion: Json) -> str:
    """A sentence that a colleague could have written."""
    return _title(suggestion, "title")


def short_title(suggestion: Json) -> str:
    """The same in the room that a row of the queue has: fewer words, which name one resource where they can."""
    whole = title(suggestion)
    return (
        whole if len(whole) <= fitting.TITLE else fitting.fitted(_title(suggestion, "short"), fitting.TITLE)
    )


def _title(suggestion: Json, way: str) -> str:
    """The sentence in the words of `title_…` or of `short_…`."""
    members: list[Json] = suggestion["members"]
    names = [member["title"] for member in members]
    relation, n = suggestion["relation"].lower(), len(members)
    summary = str(suggestion["summary"])
    if suggestion["kind"] == "DUPLICATE" and names:
        if len(set(names)) == 1:
            return known(f"{way}_alike.{relation}", summary, a=names[0], n=n)
        if n == 2:
            if one_text(suggestion):
                relation = "editions"
            return known(f"{way}_two.{relation}", summary, a=names[0], b=names[1])
        return known(f"{way}_many.{relation}", summary, a=names[0], n=n, others=n - 1)
    if suggestion["claims"] and names:
        return known(f"{way}_claim.{suggestion['claims'][0]['code']}", summary, a=names[0])
    if way == "short" and recurs(suggestion):
        return say("short_program.recurs", n=len(suggestion["plan"]["parts"]))
    drops = [change for change in changes(suggestion) if change["operation"] == "item_drop"]
    if len(drops) == 1 and names:
        program = suggestion["plan"]["parts"][0]["title"]
        return say(f"{way}_program.item_drop", program=program, a=drops[0]["before"] or names[0])
    return summary


def in_own_language(text: str, suggestion: Json) -> Markup:
    """A sentence about it as HTML, in which each member's title, shortened too, says its language and direction."""
    pieces = _QUOTED.split(text)
    for at in range(1, len(pieces), 2):
        own = [each for each in suggestion["members"] if fitting.is_short_for(pieces[at], each["title"])]
        if own:
            language = own[0].get("language")
            lang = Markup(' lang="{}"').format(language) if language else Markup()
            pieces[at] = Markup("<bdi{}>{}</bdi>").format(lang, pieces[at])
    return Markup().join(pieces)


def recurs(suggestion: Json) -> bool:
    """Whether it is about items that several programs hold in the same order, which are its members."""
    return any(each["type"] == RECURS for each in suggestion["evidence"])


def one_text(suggestion: Json) -> bool:
    """Whether two editions are to be named without saying which is older: nothing tells, or the first one stays."""
    if suggestion["relation"] != "REVISED":
        return False
    unclear = any(each["type"] == _UNCLEAR for each in suggestion["evidence"])
    return unclear or bool(suggestion["members"][0].get("survivor"))


def second_line(suggestion: Json) -> str:
    """What shows it, in half a line."""
    passages, same = suggestion["passages"], suggestion["equalPassages"]
    if suggestion["kind"] in ("DUPLICATE", "PROGRAM") and passages:
        if same == passages:
            return say("evidence.all_same", n=same)
        if not same:
            return say("evidence.all_near", n=passages)
        return say("evidence.passages", same=same, n=passages)
    if suggestion["claims"]:
        return dates.in_words(suggestion["claims"][0]["text"])
    return next((dates.in_words(each["text"]) for each in suggestion["evidence"] if each["text"]), "")


def short_second_line(suggestion: Json) -> str:
    """The same in the room that a row of the queue has."""
    return fitting.fitted(second_line(suggestion), fitting.EVIDENCE)


def owners(suggestion: Json) -> str:
    """The program that the plan touches, and how many more."""
    titles = [part["title"] for part in suggestion["plan"]["parts"] if part["id"] != "resources"]
    return say("list.more", first=titles[0], n=len(titles) - 1) if len(titles) > 1 else "".join(titles)


def changes(suggestion: Json) -> list[Json]:
    """Every change of the plan, in its order."""
    return [change for part in suggestion["plan"]["parts"] for change in part["changes"]]


def left_out(suggestion: Json) -> list[LeftOut]:
    """Changes of programs that were dropped from the plan; the API names them `{operation}.{program}.{resource}`."""
    edits: Json = suggestion.get("edits") or {}
    found: list[LeftOut] = []
    for id_ in map(str, edits.get("droppedChanges", ())):
        operation, *ends = id_.split(".")
        if operation.startswith("item_") and len(ends) == 2:
            found.append(LeftOut(id_, operation, f"programs/{ends[0]}", f"resources/{ends[1]}"))
    return found


def proposal(suggestion: Json) -> str:
    """One sentence: what is proposed."""
    done = changes(suggestion)
    if not done:
        return say("proposal.nothing")
    members = ordered(suggestion)
    programs = sum(1 for part in suggestion["plan"]["parts"] if part["id"] != "resources")
    if members and members[0]["survivor"]:
        for operation in ("archive", "deprecate", "link_listings"):
            letters = _letters(members, [each for each in done if each["operation"] == operation])
            if letters:
                sentence = say(f"proposal.{operation}", rest=_listed(letters))
                because = kept_because(suggestion)
                if because:
                    sentence = say(
                        "proposal.because", sentence=sentence, why=because[0].lower() + because[1:]
                    )
                if programs:
                    return f"{sentence} {say('proposal.programs', n=programs)}"
                return sentence
    if recurs(suggestion):
        return say("proposal.one_module", items=len(members), n=programs)
    if len(done) == 1:
        return _sentence(str(done[0]["text"]))
    return known(f"proposal.{done[0]['operation']}", say("proposal.changes", n=len(done)), n=len(done))


def _letters(members: list[Json], done: list[Json]) -> list[str]:
    """Letters of the members that these changes are about, without the one that stays: a copy can be left out."""
    touched = {change[end] for change in done for end in ("target", "other")}
    return [
        letter for letter, each in zip(LETTERS[1:], members[1:], strict=False) if each["resource"] in touched
    ]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else say("list.and", first=", ".join(words[:-1]), last=words[-1])


def _sentence(text: str) -> str:
    text = dates.in_words(text)
    return text if text.endswith((".", "?", "…")) else f"{text}."


def consequences(suggestion: Json, unknown: Sequence[str] = ()) -> list[Line]:
    """What accepting does, a line each; the programs and the learners too.

    `unknown` are letters of copies that go of which no use is known, where of others some is.
    """
    lines = [
        Line(_OPERATION_ICONS.get(change["operation"], "arrow-right-left"), _sentence(change["text"]))
        for change in changes(suggestion)
    ]
    simulation = suggestion["plan"].get("simulation")
    if simulation and not simulation["sumsOnly"] and int(simulation["enrolments"]):
        lines.append(Line("users", say("accept.simulated", n=int(simulation["enrolments"])), material=False))
    elif simulation and simulation["sumsOnly"]:
        lines.append(Line("users", say("accept.sums_only")))
    caveats = [each for each in str(suggestion["plan"]["caveat"]).split("; ") if each]
    return lines + [Line("info", _caveat(suggestion, each, unknown)) for each in caveats]


def _caveat(suggestion: Json, caveat: str, unknown: Sequence[str]) -> str:
    if caveat != _USE_UNKNOWN:
        return known(f"caveat.{_word(caveat)}", caveat)
    if unknown:
        return say("caveat.use_not_known_of", n=len(unknown), which=_listed(list(unknown)))
    copies = suggestion["kind"] == "DUPLICATE" and bool(retired(suggestion))
    return say("caveat.use_not_known_copies" if copies else "caveat.use_not_known")


def retired(suggestion: Json) -> list[str]:
    """The members that learners can no longer come to once the plan is done, by name."""
    gone = {each["target"] for each in changes(suggestion) if each["operation"] in _RETIRES}
    return [each["resource"] for each in suggestion["members"] if each["resource"] in gone]


def use_unknown(plan: Json) -> bool:
    """Whether it is not known how much is used of what the plan leads learners away from."""
    return _USE_UNKNOWN in plan["caveat"].split("; ")


def _word(text: str) -> str:
    return text.replace(":", "").replace(" ", "_").lower()


def harm(suggestion: Json) -> str:
    """What the plan would do to learners that no plan may; empty for none."""
    simulation: Json = suggestion["plan"].get("simulation") or {}
    lose, overdue = (int(simulation.get(name, 0)) for name in ("loseCredit", "newlyOverdue"))
    return say("one.harm", lose=lose, overdue=overdue) if lose or overdue else ""


def remedies(suggestion: Json) -> list[str]:
    """The edits by which failed safeguards are satisfied, for whoever may decide, each once."""
    failed = suggestion["plan"]["safeguards"] if suggestion["mayDecide"] else ()
    return list(dict.fromkeys(each["edit"] for each in failed if each["edit"]))


def can_keep(suggestion: Json) -> bool:
    """Whether one of the copies can be chosen to stay in place of the others."""
    return len(suggestion["members"]) > 1 and suggestion["relation"] not in _NEVER_RETIRES


def kept_because(suggestion: Json) -> str:
    """Why the suggested copy stays although another may look better; empty when its score says it."""
    found = [each["text"] for each in suggestion["evidence"] if each["type"] in _OF_THE_SURVIVOR]
    return dates.in_words(found[0]) if found else ""


def needed(suggestion: Json) -> list[str]:
    """Who must agree still, a line a part of the plan."""
    parts = {str(part["title"]): part["id"] for part in suggestion["plan"]["parts"]}
    lines: list[str] = []
    for text in suggestion["plan"]["approvalsNeeded"]:
        part = next((title for title in parts if text.startswith(f"{title}: ")), "")
        who = text.removeprefix(f"{part}: ")
        about = part and parts[part] != _RESOURCES
        lines.append(say("one.needs_for", part=part, who=who) if about else say("one.needs", who=who))
    return lines


def tasks(suggestion: Json, names: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """What is to be done afterwards, each with the passages it is about; people by their names."""
    found: list[tuple[str, list[str]]] = []
    for text in suggestion["plan"]["tasks"]:
        if found and str(text).startswith("“"):
            found[-1][1].append(str(text))
        else:
            found.append((_named_people(dates.in_words(text), names), []))
    return found


def _named_people(text: str, names: Mapping[str, str]) -> str:
    return _ADDRESS.sub(lambda each: names.get(each[0], each[0]), text)


def held(suggestion: Json) -> str:
    """Why it waits, without the stable word in front."""
    _, colon, text = str(suggestion["heldReason"]).partition(": ")
    return dates.in_words(text if colon else str(suggestion["heldReason"]))


def note(suggestion: Json) -> tuple[str, str]:
    """What has happened to it and the reason in a sentence, by the words with which the API's note begins."""
    front, _, text = str(suggestion["note"]).partition(": ")
    if front not in _NOTES:
        front, text = _CHANGED, str(suggestion["note"])
    return say(f"one.{_NOTES[front]}"), _sentence(text[:1].upper() + text[1:])


def why(suggestion: Json, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What speaks for it and what against it, each once; people by their names."""
    seen: dict[str, bool] = {}
    for each in suggestion["evidence"]:
        if each["type"] not in _SILENT | _OF_THE_SURVIVOR and each["text"] and not each["quote"]:
            seen.setdefault(_named_people(dates.in_words(each["text"]), names), each["against"])
    retires = any(change["operation"] in _RETIRES for change in changes(suggestion))
    lost = [each for each in suggestion["evidence"] if each["type"] == "would_be_lost" and retires]
    pro = [text for text, against in seen.items() if not against]
    con = [text for text, against in seen.items() if against]
    if suggestion["passages"] and suggestion["kind"] == "DUPLICATE":
        pro.insert(0, second_line(suggestion))
    if lost:
        con.append(say("evidence.lost", n=len(lost)))
    return pro, con


def because(decision: Json, names: Mapping[str, str]) -> str:
    """Why it was decided, or until when it was put off, with what the person wrote; empty for neither."""
    reason, comment = str(decision["reason"]), str(decision["comment"])
    said = ""
    if reason and decision["verb"] == "snooze":
        other = say("history.until_other") if reason.startswith("suggestions/") else ""
        said = known(f"history.until_{reason}", other or say("history.until", day=dates.in_words(reason)))
    elif reason:
        said = known(f"reason.{reason}", names.get(reason, dates.in_words(reason)))
    return " ".join(filter(None, (said, comment and f"“{comment}”")))


def named(text: str) -> str:
    """The suggestion that the API names in its words, such as the one that took the place of this; empty for none."""
    found = _NAMED.search(text)
    return found[0] if found else ""
