"""Pairs into groups: copies and editions where every pair inside holds, and one content in several languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations, product
from types import MappingProxyType

from services.curator.analysis.model import Group, Judgement, Quiet, Relation

_AS_IT_IS = 0.90  # of a text that stands in the other in the same words: nobody translated it
_NUMBERS = 0.15  # of the numbers of two texts in common: they survive translation, below they are others
MOST_MEMBERS = 12  # for one decision (behaviour §3); larger sets of copies are split
MERGED = (Relation.IDENTICAL, Relation.SAME_ITEM, Relation.REVISED)  # copies and editions: one content
_RANK = (Relation.REVISED, Relation.SAME_ITEM, Relation.IDENTICAL)  # a group is named after its weakest tie

Pair = tuple[str, str]


def pair(a: str, b: str) -> Pair:
    """The two ids in the order in which pairs are named."""
    return (a, b) if a <= b else (b, a)


def group(judgements: Iterable[Judgement], apart: Collection[Pair] = frozenset()) -> list[Group]:
    """Groups of IDENTICAL, SAME_ITEM and REVISED pairs, strongest ties first; two members or more each.

    Every two members of a group have a judgement of these kinds, no pair of `apart` (contrary verdicts) shares
    one, and none has more than 12 members. Every such pair is inside exactly one group; a document that changed
    bit by bit over many editions, or has more than 12 copies, is in several. `confidence` is that of the weakest
    pair.
    """
    kept = {
        pair(one.a, one.b): one
        for one in judgements
        if one.relation in MERGED and pair(one.a, one.b) not in apart
    }
    left = sorted(kept.values(), key=_strongest_first)
    found: list[Group] = []
    while left:
        groups = [_group(members, kept) for members in _disjoint(left)]
        covered = {pair(one.a, one.b) for made in groups for one in made.judgements}
        found += groups
        left = [one for one in left if pair(one.a, one.b) not in covered]
    return sorted(found, key=surest_first)


def surest_first(found: Group) -> tuple[float, float, list[str], tuple[str, ...]]:
    """Puts findings in order: the surest first, of equally sure ones that whose least alike pair shares most.

    After that it goes by what is quoted; ids decide between equal texts only.
    """
    least = min(_shared(tie)[0] for tie in found.judgements)
    return -found.confidence, -least, min(map(_quoted, found.judgements)), found.members


def _strongest_first(tie: Judgement) -> tuple[float, int, float, float, list[str], str, str]:
    """Equally sure ties go by how much the two share, then by what is quoted; ids decide between equal texts only."""
    less, more = _shared(tie)
    rank = _RANK.index(tie.relation) if tie.relation in _RANK else -1
    return -tie.confidence, -rank, -less, -more, _quoted(tie), tie.a, tie.b


def _quoted(tie: Judgement) -> list[str]:
    """The quotations of either side, in an order that does not depend on which is called what."""
    return sorted(quote.text for passage in tie.passages for quote in (passage.a, passage.b))


def _shared(tie: Judgement) -> tuple[float, float]:
    """The two coverages, the smaller first."""
    return min(tie.coverage_a, tie.coverage_b), max(tie.coverage_a, tie.coverage_b)


def _disjoint(ties: Sequence[Judgement]) -> list[list[str]]:
    """Groups of which no two share a member and all pairs are ties, grown along these in order; sorted members."""
    tied = {pair(tie.a, tie.b) for tie in ties}
    group_of: dict[str, list[str]] = {}
    for tie in ties:
        left, right = group_of.get(tie.a, [tie.a]), group_of.get(tie.b, [tie.b])
        if left is right or len(left) + len(right) > MOST_MEMBERS:
            continue
        if all(pair(one, other) in tied for one in left for other in right):
            joined = [*left, *right]
            group_of.update(dict.fromkeys(joined, joined))
    return [sorted(members) for members in {id(one): one for one in group_of.values()}.values()]


def _group(members: list[str], kept: Mapping[Pair, Judgement]) -> Group:
    inside = tuple(
        kept[pair(one, other)] for place, one in enumerate(members) for other in members[place + 1 :]
    )
    relation = min((one.relation for one in inside), key=_RANK.index)
    return Group(tuple(members), relation, inside, min(one.confidence for one in inside))


def copies(judgements: Iterable[Judgement], sure: float, whole: float) -> dict[str, str]:
    """One document for each that has copies or editions, the same for all that are connected by such ties.

    Ties count from this probability on, and from this coverage either way.
    """
    first: dict[str, str] = {}

    def root(name: str) -> str:
        while first.get(name, name) != name:
            first[name] = first.get(first[name], first[name])
            name = first[name]
        return name

    for one in judgements:
        if one.relation not in MERGED or one.probability < sure:
            continue
        if min(one.coverage_a, one.coverage_b) >= whole:
            first[root(one.a)] = root(one.b)
    return {name: root(name) for name in first}


def translations(
    judgements: Iterable[Judgement],
    apart: Collection[Pair] = frozenset(),
    languages: Mapping[str, str] = MappingProxyType({}),
) -> list[Group]:
    """One content in several languages, surest families first; no cap, nothing of it ever goes.

    Grown along the ties of translation, copy and edition, surest first: two parts become one where ties are expected
    to be right for at least half of the pairs between them, so that mistaken ones cannot chain two lessons on one
    subject into one family. Not all
    pairs must hold: two translations may share too little to have been compared. Two texts of one language, by
    `languages` (BCP 47 by document, those that are known), have been: they are in one family as copies or editions
    of one another only. `judgements` are those of translations; `confidence` is that of the member which belongs
    least surely.
    """
    tied = {
        pair(one.a, one.b): one
        for one in judgements
        if one.relation in (*MERGED, Relation.TRANSLATED)
        and pair(one.a, one.b) not in apart
        and told_apart(one) is None
    }
    family_of: dict[str, list[str]] = {}
    for tie in sorted(tied.values(), key=_strongest_first):
        left, right = family_of.get(tie.a, [tie.a]), family_of.get(tie.b, [tie.b])
        if left is right:
            continue
        between = 0.0
        strangers = False
        for one, other in product(left, right):
            known = tied.get(pair(one, other))
            between += known.confidence if known else 0.0
            if not known or known.relation not in MERGED:
                strangers = strangers or _of_one_language(languages.get(one, ""), languages.get(other, ""))
        if 2 * between >= len(left) * len(right) and not strangers:
            joined = [*left, *right]
            family_of.update(dict.fromkeys(joined, joined))
    found: list[Group] = []
    for members in {id(one): sorted(one) for one in family_of.values()}.values():
        inside = [tied[key] for key in combinations(members, 2) if key in tied]
        if translated := tuple(one for one in inside if one.relation is Relation.TRANSLATED):
            surest = dict.fromkeys(members, 0.0)
            for one in inside:
                surest[one.a] = max(surest[one.a], one.confidence)
                surest[one.b] = max(surest[one.b], one.confidence)
            found.append(Group(tuple(members), Relation.TRANSLATED, translated, min(surest.values())))
    return sorted(found, key=lambda one: (-one.confidence, one.members))


def _of_one_language(a: str, b: str) -> bool:
    """Whether a tag is the other, or the same with less said: en and en-GB, but not zh-Hans and zh-Hant."""
    one, other = (f"{tag.lower().replace('_', '-')}-" for tag in (a, b))
    return bool(a and b) and (one.startswith(other) or other.startswith(one))


def told_apart(tie: Judgement) -> Quiet | None:
    """What speaks against two texts that pass for translations: a part as it is, or other days and amounts."""
    if tie.relation is not Relation.TRANSLATED:
        return None
    if max(_shared(tie)) >= _AS_IT_IS:
        return Quiet.UNTRANSLATED
    numbers = (reason.value for reason in tie.reasons if reason.code == "numbers")
    return Quiet.NUMBERS if any(value < _NUMBERS for value in numbers) else None


def families(judgements: Iterable[Judgement], apart: Collection[Pair] = frozenset()) -> list[frozenset[str]]:
    """Documents connected by translation or edition, without a cap: shown together, never decided together."""
    linked: dict[str, set[str]] = defaultdict(set)
    for one in judgements:
        if one.relation in (*MERGED, Relation.TRANSLATED) and pair(one.a, one.b) not in apart:
            linked[one.a].add(one.b)
            linked[one.b].add(one.a)
    found: list[frozenset[str]] = []
    seen: set[str] = set()
    for start in sorted(linked):
        if start in seen:
            continue
        family, waiting = {start}, [start]
        while waiting:
            new = linked[waiting.pop()] - family
            family |= new
            waiting.extend(new)
        seen |= family
        found.append(frozenset(family))
    return found
