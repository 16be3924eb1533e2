"""Runs of items that several programs hold: one module could serve them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.curator.analysis.model import Program, ProgramFinding, ProgramItem, Reason, Saving
from services.curator.analysis.programs.contents import Contents
from services.curator.analysis.programs.paths import Surroundings
from services.curator.analysis.programs.savings import PLACE_CARE, care, learner_time, maintenance

FEWEST_ITEMS = 2  # behaviour §6
# Hand-set: each further item and each further program takes away two fifths of the doubt that it is a module.
_DOUBT = 0.6
_SURE_AT_MOST = 0.95
_PASSAGES = 12

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Run:
    """The same contents, `length` items one after another, from each of these places (program, index) on."""

    length: int
    places: tuple[Place, ...]


def shares(
    programs: Mapping[str, Program], around: Surroundings, same: Contents, leaving: Iterable[str] = ()
) -> list[ProgramFinding]:
    """One finding for each module: at least two items in the same order that at least two programs hold directly.

    The longest runs that most programs hold come first, and each place counts once. Programs that are `leaving`
    (merged into another) share nothing any more. Named after the program whose id is smallest.
    """
    gone = frozenset(leaving)
    lists = {
        key: [item.resource if item.mandatory else "" for item in _in_order(program)]
        for key, program in sorted(programs.items())
        if key not in gone
    }
    runs = [(_worth(run, lists, around), run) for run in _repeats(lists, same)]
    runs.sort(key=lambda pair: (-pair[0], -pair[1].length, _told(pair[1], programs), pair[1].places))
    taken: set[Place] = set()
    found: list[ProgramFinding] = []
    for _, run in runs:
        free = _free(run, taken)
        if len(free) < 2:
            continue
        taken |= {(program, at + step) for program, at in free for step in range(run.length)}
        found.append(_finding(_Run(run.length, free), lists, programs, around, same))
    return found


def _told(run: _Run, programs: Mapping[str, Program]) -> list[tuple[str, int]]:
    """Where a run stands, by what people call the programs: their ids decide between equal titles only."""
    return sorted((programs[key].title, at) for key, at in run.places)


def _in_order(program: Program) -> list[ProgramItem]:
    return sorted(program.items, key=lambda item: item.position)


def _free(run: _Run, taken: set[Place]) -> tuple[Place, ...]:
    """The first free place of the run in each program."""
    free: dict[str, int] = {}
    for program, at in run.places:
        if program not in free and not any((program, at + step) in taken for step in range(run.length)):
            free[program] = at
    return tuple(sorted(free.items()))


def _repeats(lists: Mapping[str, Sequence[str]], same: Contents) -> list[_Run]:
    """All runs that can be made longer neither to the left nor to the right without losing a place."""
    names = {key: [same.of(item) if item else "" for item in items] for key, items in lists.items()}
    starts: dict[str, list[Place]] = defaultdict(list)
    for key, row in names.items():
        for at, name in enumerate(row):
            if name:
                starts[name].append((key, at))
    found: list[_Run] = []
    waiting = [(1, places) for places in starts.values() if _programs(places) > 1]
    while waiting:
        length, places = waiting.pop()
        after: dict[str, list[Place]] = defaultdict(list)
        for key, at in places:
            row = names[key]
            after[row[at + length] if at + length < len(row) else ""].append((key, at))
        longer = [(name, more) for name, more in after.items() if name and _programs(more) > 1]
        waiting += [(length + 1, more) for _, more in longer]
        grows = len(longer) == 1 and len(longer[0][1]) == len(places)
        before = {names[key][at - 1] if at else "" for key, at in places}
        if length >= FEWEST_ITEMS and not grows and (len(before) > 1 or "" in before):
            found.append(_Run(length, tuple(sorted(places))))
    return found


def _programs(places: Iterable[Place]) -> int:
    return len({key for key, _ in places})


def _slots(run: _Run, lists: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """For each item of the run, the distinct resources that carry it."""
    return [sorted({lists[program][at + step] for program, at in run.places}) for step in range(run.length)]


def _worth(run: _Run, lists: Mapping[str, Sequence[str]], around: Surroundings) -> float:
    """Hours a year: copies of content that one module makes needless, and places that need no care any more."""
    needless = sum(care(around, slot[1:]) for slot in _slots(run, lists))
    return needless + (_programs(run.places) - 1) * run.length * PLACE_CARE


def _finding(
    run: _Run,
    lists: Mapping[str, Sequence[str]],
    programs: Mapping[str, Program],
    around: Surroundings,
    same: Contents,
) -> ProgramFinding:
    holders = [program for program, _ in run.places]
    slots = _slots(run, lists)
    first, at = run.places[0]
    items = tuple(lists[first][at : at + run.length])
    copies = [each for slot in slots for each in slot]
    hours = _worth(run, lists, around)
    further = (run.length - 1) + (len(holders) - 1)
    sure = min(_SURE_AT_MOST, (1 - _DOUBT**further) * same.least(copies))
    needless = sum(len(slot) - 1 for slot in slots)
    titles = ", ".join(f"“{programs[key].title}”" for key in holders)
    reasons = [
        Reason("recurs", float(len(holders)), f"{run.length} items stand one after another in {titles}."),
    ]
    if needless:
        text = f"{needless} of them are copies or editions, each kept up for itself."
        reasons.append(Reason("copies", float(needless), text))
    savings = [maintenance(hours)]
    repeated = _repeated(items, holders, around)
    if repeated is not None:
        savings.append(repeated)
    reasons += [
        *(Reason("saving", each.amount, _said(each)) for each in savings),
        *crosses(holders, programs),
    ]
    return ProgramFinding(
        first,
        "share",
        items,
        round(sure, 4),
        tuple(savings),
        passages=tuple(p for each in copies for p in same.passages.get(each, ()))[:_PASSAGES],
        reasons=tuple(reasons),
        others=tuple(holders[1:]),
    )


def _repeated(items: Sequence[str], holders: Sequence[str], around: Surroundings) -> Saving | None:
    """Minutes a year of learners who take the module twice; None where nobody counted them."""
    both = around.in_both or {}
    pairs = [(a, b) for place, a in enumerate(holders) for b in holders[place + 1 :]]
    known = [both[min(pair), max(pair)] for pair in pairs if (min(pair), max(pair)) in both]
    if not known:
        return None
    minutes, basis = total_minutes(items, around)
    return learner_time(minutes, basis, sum(known))


def total_minutes(items: Iterable[str], around: Surroundings) -> tuple[float, str]:
    """Minutes of these items together; `measured` where all are."""
    each = [around.minutes(item) for item in items]
    basis = "measured" if each and all(how == "measured" for _, how in each) else "estimated"
    return round(sum(minutes for minutes, _ in each), 1), basis


def crosses(holders: Iterable[str], programs: Mapping[str, Program]) -> list[Reason]:
    """Says that several owners have to agree, where they have to."""
    owners = sorted({programs[key].owner for key in holders if key in programs and programs[key].owner})
    if len(owners) < 2:
        return []
    return [Reason("crosses_ownership", float(len(owners)), f"It crosses ownership: {', '.join(owners)}.")]


def _said(saving: Saving) -> str:
    return f"{saving.amount:,g} {saving.unit} ({saving.basis})."
