"""Programs that teach mostly the same: one could take in the other."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.curator.analysis.model import Program, ProgramFinding, Reason
from services.curator.analysis.programs.contents import Contents
from services.curator.analysis.programs.objectives import content_words
from services.curator.analysis.programs.optimum import Demand, cheapest
from services.curator.analysis.programs.paths import Surroundings, below, mandatory_path
from services.curator.analysis.programs.savings import (
    PROGRAM_CARE,
    care,
    learner_hours,
    learner_time,
    maintenance,
)
from services.curator.analysis.programs.sharing import crosses, total_minutes

_ALIKE = 0.60  # Jaccard of mapped items (behaviour §6)
_SAME_OBJECTIVES = (
    0.5  # hand-set: share of the fewer objectives' content words that the other program names too
)
_FEWEST_ITEMS = 2
_PASSAGES = 12
# Hand-set: as sure at the Jaccard that the rule demands, and where both hold the very same.
_SURE_AT_LEAST, _SURE_AT_MOST = 0.55, 0.90
# Words by which titles say whom a program is for, or how far it goes: two that differ in one are for different people.
_AUDIENCE = frozenset(
    [
        "absolute",
        "advanced",
        "apprentice",
        "apprentices",
        "basic",
        "basics",
        "beginner",
        "beginners",
        "clinical",
        "contractor",
        "contractors",
        "customer",
        "customers",
        "developer",
        "developers",
        "driver",
        "drivers",
        "engineer",
        "engineers",
        "executive",
        "executives",
        "expert",
        "experts",
        "field",
        "foundation",
        "foundations",
        "graduate",
        "graduates",
        "induction",
        "intermediate",
        "introduction",
        "introductory",
        "junior",
        "leader",
        "leaders",
        "line",
        "manager",
        "managers",
        "new",
        "newcomer",
        "newcomers",
        "nurse",
        "nurses",
        "office",
        "operator",
        "operators",
        "partner",
        "partners",
        "practitioner",
        "practitioners",
        "professional",
        "refresher",
        "remote",
        "sales",
        "senior",
        "specialist",
        "specialists",
        "staff",
        "starter",
        "starters",
        "student",
        "students",
        "supervisor",
        "supervisors",
        "teacher",
        "teachers",
        "technician",
        "technicians",
        "trainer",
        "trainers",
        "trainee",
        "trainees",
        "volunteer",
        "volunteers",
    ]
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_FOR = re.compile(r"\bfor\s+(?:the\s+|all\s+)?([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mapped:
    """Two programs' mandatory items laid beside each other: contents that both hold, and how alike they are."""

    a: str
    b: str
    shared: tuple[str, ...]
    jaccard: float


def mapped(paths: Mapping[str, Sequence[str]]) -> list[Mapped]:
    """Pairs of programs with at least two contents in common and a Jaccard of at least 0.6, in order of their ids.

    `paths` holds the distinct contents of each program's mandatory path.
    """
    holders: dict[str, list[str]] = defaultdict(list)
    for key in sorted(paths):
        for content in dict.fromkeys(paths[key]):
            holders[content].append(key)
    common: Counter[tuple[str, str]] = Counter()
    for held in holders.values():
        for place, a in enumerate(held):
            for b in held[place + 1 :]:
                common[a, b] += 1
    found: list[Mapped] = []
    for (a, b), count in sorted(common.items()):
        jaccard = count / (len(set(paths[a])) + len(set(paths[b])) - count)
        if count >= _FEWEST_ITEMS and jaccard >= _ALIKE:
            other = set(paths[b])
            shared = tuple(content for content in dict.fromkeys(paths[a]) if content in other)
            found.append(Mapped(a, b, shared, round(jaccard, 4)))
    return found


def compatible(a: Program, b: Program, languages: Mapping[str, str]) -> bool:
    """Whether two programs are for the same people to the same end: language, audience and level, objectives."""
    spoken = {languages.get(a.id, ""), languages.get(b.id, "")} - {""}
    if len(spoken) > 1 or _audience(a.title) != _audience(b.title):
        return False
    if not a.objectives or not b.objectives:
        return True
    wants, has = (content_words(" ".join(each.objectives)) for each in (a, b))
    fewer = min(len(wants), len(has))
    return not fewer or len(wants & has) >= _SAME_OBJECTIVES * fewer


def _audience(title: str) -> frozenset[str]:
    """Words of a title that say whom it is for, and its numbers, except years."""
    words = re.findall(r"\w+", _YEAR.sub(" ", title.lower()))
    named = {match.group(1).lower() for match in _FOR.finditer(title)}
    return frozenset({word for word in words if word in _AUDIENCE or word.isdigit()} | named)


def merges(programs: Mapping[str, Program], around: Surroundings, same: Contents) -> list[ProgramFinding]:
    """For each program that another can take in, one finding; which stay is chosen so that most time is saved.

    An exact optimisation: each program stays or goes into one that stays. FailedPrecondition as `mandatory_path`.
    """
    resources = {key: _resources(program, programs) for key, program in sorted(programs.items())}
    languages = {key: _language(items, around) for key, items in resources.items()}
    paths = {key: [same.of(item) for item in items] for key, items in resources.items()}
    pairs = [
        pair
        for pair in mapped(paths)
        if compatible(programs[pair.a], programs[pair.b], languages)
        and pair.b not in below(programs[pair.a], programs)
        and pair.a not in below(programs[pair.b], programs)
    ]
    found: list[ProgramFinding] = []
    for part in _components(pairs):
        for pair, goes, stays in _chosen(part, paths, around, same, resources):
            found.append(_finding(pair, goes, stays, programs, around, same, resources))
    return sorted(found, key=lambda each: each.program)


def _resources(program: Program, programs: Mapping[str, Program]) -> list[str]:
    return list(dict.fromkeys(place.resource for place in mandatory_path(program, programs)))


def _language(items: Iterable[str], around: Surroundings) -> str:
    said = Counter(
        around.documents[item].language.lower().partition("-")[0]
        for item in items
        if item in around.documents
    )
    return min(said, key=lambda word: (-said[word], word), default="")


def _components(pairs: Sequence[Mapped]) -> list[list[Mapped]]:
    root: dict[str, str] = {}

    def find(key: str) -> str:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for pair in pairs:
        a, b = find(pair.a), find(pair.b)
        root[max(a, b)] = min(a, b)
    parts: dict[str, list[Mapped]] = defaultdict(list)
    for pair in pairs:
        parts[find(pair.a)].append(pair)
    return [part for _, part in sorted(parts.items())]


def _chosen(
    pairs: Sequence[Mapped],
    paths: Mapping[str, Sequence[str]],
    around: Surroundings,
    same: Contents,
    resources: Mapping[str, Sequence[str]],
) -> list[tuple[Mapped, str, str]]:
    """(pair, the program that goes, the one that stays): x for each direction of each pair, y for each that stays.

    Maximise Σ worth · x so that Σ x + y ≤ 1 for each program that goes, and x ≤ y of the one that stays.
    """
    keys = sorted({key for pair in pairs for key in (pair.a, pair.b)})
    moves = [(pair, goes, stays) for pair in pairs for goes, stays in ((pair.a, pair.b), (pair.b, pair.a))]
    stay = {key: len(moves) + place for place, key in enumerate(keys)}
    costs = [
        -_worth(pair, goes, paths, around, same, resources) + 1e-6 * place
        for place, (pair, goes, _) in enumerate(moves)
    ] + [0.0] * len(keys)
    demands: list[Demand] = []
    leaving: dict[str, dict[int, float]] = defaultdict(dict)
    for place, (_, goes, stays) in enumerate(moves):
        leaving[goes][place] = -1.0
        demands.append(Demand({place: -1.0, stay[stays]: 1.0}, 0.0))
    demands += [Demand({**leaving[key], stay[key]: -1.0}, -1.0) for key in keys]
    values = cheapest(costs, len(costs), demands)
    if values is None:
        return []
    return [move for move, value in zip(moves, values, strict=False) if value > 0.5]


def _worth(
    pair: Mapped,
    goes: str,
    paths: Mapping[str, Sequence[str]],
    around: Surroundings,
    same: Contents,
    resources: Mapping[str, Sequence[str]],
) -> float:
    """What a merge is worth beside others: minutes taught twice, by how much of what goes is already there.

    The program with the newer editions stays, else the one with more learners, where they were counted.
    """
    shared = _shared(pair, goes, same, resources)
    minutes, _ = total_minutes(shared, around)
    share = len(pair.shared) / len(set(paths[goes]))
    staying = set(resources[pair.b if goes == pair.a else pair.a])
    bettered = sum(1 for item in shared if same.newer.get(item, frozenset()) & staying) / len(shared)
    fewer = 1 / (1 + (around.learners or {}).get(goes, 0.0))
    return max(minutes, 1.0) * (share + bettered + 0.01 * fewer)


def _shared(pair: Mapped, program: str, same: Contents, resources: Mapping[str, Sequence[str]]) -> list[str]:
    both = set(pair.shared)
    return [item for item in resources[program] if same.of(item) in both]


def _finding(
    pair: Mapped,
    goes: str,
    stays: str,
    programs: Mapping[str, Program],
    around: Surroundings,
    same: Contents,
    resources: Mapping[str, Sequence[str]],
) -> ProgramFinding:
    items = _shared(pair, goes, same, resources)
    minutes, basis = total_minutes(items, around)
    both = (around.in_both or {}).get((pair.a, pair.b))
    stayed = (around.completion or {}).get(goes, 1.0)
    saved = learner_time(minutes, basis, both, stayed)
    needless = [item for item in items if item not in set(resources[stays])]
    hours = maintenance(PROGRAM_CARE + care(around, needless))
    closeness = (pair.jaccard - _ALIKE) / (1 - _ALIKE)
    sure = (_SURE_AT_LEAST + closeness * (_SURE_AT_MOST - _SURE_AT_LEAST)) * same.mean(items)
    counts = f"{len(pair.shared)} of {len(set(resources[goes]))} and {len(set(resources[stays]))} items"
    reasons = [
        Reason("jaccard", pair.jaccard, f"“{programs[stays].title}” holds the same {counts}."),
        Reason("minutes", minutes, f"{minutes:g} minutes are taught in both ({basis})."),
    ]
    if both is not None:
        hours_a_year = learner_hours(both, stayed, minutes)
        text = f"{both:g} learners a year take both, {stayed:.0%} complete: {hours_a_year:,g} learner hours a year."
        reasons.append(Reason("learner_hours", hours_a_year, text))
    reasons += crosses((goes, stays), programs)
    return ProgramFinding(
        goes,
        "merge",
        tuple(items),
        round(sure, 4),
        (saved, hours),
        passages=tuple(p for item in items for p in same.passages.get(item, ()))[:_PASSAGES],
        reasons=tuple(reasons),
        others=(stays,),
    )
