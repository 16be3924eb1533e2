"""The section on goals that are not reached: by how much, why, and what was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.quality.goals import GOALS, short_of
from benchmarks.quality.reading import ASKED, Reading
from services.curator.evaluate import Evaluation
from services.curator.evaluation.cases import Case
from services.curator.evaluation.figures import HARD, Figures
from services.curator.evaluation.truth import Pair, Row, evidence, pair, text_only
from services.curator.evaluation.views import View

Views = Mapping[View, Evaluation]
_NOT_COMPARED = "not compared"
_WRONG_WAY = "the wrong way round"
_KINDS_TRIED = (
    "*Tried*: cuts by hand between the kinds; a softmax over all of them, which called editions of prose overlaps; "
    "since then a curve for each kind over how the shared text lies, in whole stretches or scattered."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of unseen families, the cases behind those as is, and what was read of findings no answer knows."""

    unseen: Views
    as_is: Sequence[Case]
    unknown: Reading


def unmet(told: Measured) -> Iterator[str]:
    """The section with each goal that is not reached; nothing where all are."""
    missed = [
        f"- **{goal.name}** ({view}): {value.value:.3f}, {short_of(value.value, wanted)} short of {wanted:.2f}. "
        + (_WHY[goal.name](told) if goal.name in _WHY else "Why is not known yet.")
        for goal in GOALS
        for view, (_, wanted) in goal.asked.items()
        if (value := goal.take(told.unseen[view].pooled)) is not None
        and not goal.reached(value.value, wanted)
    ]
    if told.unknown.read == told.unknown.drawn and told.unknown.right < ASKED:
        missed.append(_unknown(told.unknown))
    if missed:
        yield "## Where a goal is not reached: by how much, why, and what was tried"
        yield ""
        yield from missed
        yield ""


def _contained(measured: Measured) -> str:
    said, wrongly = _said(measured.as_is, "contained"), _wrongly(measured.as_is, "contained")
    return (
        f"*Why*: of {said.total()} excerpts {said['revised']} are called revised, "
        f"{said['unrelated'] + said[_NOT_COMPARED]} unrelated or were not compared, and {said[_WRONG_WAY]} are "
        f"found the wrong way round; {wrongly.total()} other pairs are called excerpts, {wrongly['revised']} of "
        "them editions: one that has only lost passages stands in the other as an excerpt does. The best single "
        f"score, which is asked about excerpts and strangers only, has no editions to mistake. {_KINDS_TRIED}"
    )


def _overlap(measured: Measured) -> str:
    said, wrongly = _said(measured.as_is, "overlap"), _wrongly(measured.as_is, "overlap")
    decks = _said(measured.as_is, "overlap", act="share-chapters")
    rewritten = _said(measured.as_is, "overlap", rewritten=True)
    by_source = measured.unseen[View.FULL].pooled.by_source["overlap"].f1
    return (
        f"*Why*: of {said.total()} pairs {said['overlap']} are found and {said['revised']} called revised. "
        f"{decks.total()} of them are parts of course decks that share chapters, {decks['revised']} of which are "
        f"called revised: parts that have much in common read as editions of one. Of the {rewritten.total()} in "
        f"which one page replaced another in other words, {rewritten['overlap']} are found. {wrongly.total()} other "
        f"pairs are called overlaps, {wrongly['unrelated']} of them pages that people keep apart. With other "
        f"repositories the figure would move between {by_source.low:.2f} and {by_source.high:.2f}: nearly all of "
        f"its pairs come from a few. {_KINDS_TRIED}"
    )


def _hard(measured: Measured) -> str:
    hidden, full = measured.unseen[View.HIDDEN], measured.unseen[View.FULL].pooled
    told = hidden.pooled.pairs[HARD]
    family, most = _most_wrong(hidden.corpora)
    return (
        f"*Why*: of {told.right + told.missed} rewritten copies {told.right} are found, and {told.wrong} pairs that "
        f"people keep apart are called copies, {most} of them in {family}: pages of one template share more of "
        f"their words than a copy that was rewritten does with its original. {_titles(full)}*Tried*: what differs "
        "is counted in distinct words, so that a name replaced throughout is told from a filled template; days of "
        "two pages that run in parallel speak against copies (with one family left out and titles hidden, 0.34 "
        "before and 0.61 then), by an expectation set by hand, as one family alone shows them."
    )


def _titles(told: Figures) -> str:
    """That title words do better as is, where they do."""
    own = told.pairs[HARD].f1.value
    found = {one.method: one for one in told.baselines.get(HARD, ())}
    titles = found.get("title words")
    if titles is None or titles.f1 <= own:
        return ""
    return (
        f"As is, the words of the titles alone are better ({titles.f1:.3f}) than all that is judged here "
        f"({own:.3f}). In this slice they have to be: its copies were chosen by equal titles and its strangers by "
        "different ones. Titles that differ were for this reason refused as a sign against copies. "
    )


def _newer_recall(measured: Measured) -> str:
    said = _said_of_superseded(measured.as_is)
    right = said.pop("revised", 0)
    told = ", ".join(f"{count} {name}" for name, count in said.most_common())
    return (
        f"*Why*: of {right + said.total()} superseded copies {right} are found; the others were judged: {told}. The "
        "kind is what is missed, hardly ever the direction: of two editions of which one only adds, the older is "
        "an excerpt of the newer, and one that was rewritten looks like any page on the same subject. *Tried*: an "
        "edition is followed to the newest one through copies of one text, so that a successor is named also where "
        "the two were not judged an edition (the table of outdated content tells both); where two are of one day, "
        "words and not ids order them."
    )


def _newer_precision(measured: Measured) -> str:
    apart = Counter({case.truth.name: _said([case], "unrelated")["revised"] for case in measured.as_is})
    (family, most), *_rest = apart.most_common()
    turned = _said_of_superseded(measured.as_is)[_WRONG_WAY]
    return (
        f"*Why*: {apart.total()} of the pairs that people keep apart are called editions, {most} of them in "
        f"{family}: pages that look alike, as the strangers of the hard slice do, where it is told what was tried. "
        f"Superseded copies that are taken for the newer: {turned}."
    )


def _findings(measured: Measured) -> str:
    bins = measured.unseen[View.FULL].pooled.findings.calibration.bins
    count = sum(one.count for one in bins)
    said = sum(one.confidence * one.count for one in bins) / max(1, count)
    share = sum(one.share * one.count for one in bins) / max(1, count)
    unknown = measured.unknown
    return (
        f"*Why*: too little is said: {said:.3f} on average of judged findings, of which {share:.3f} are right. A "
        "confidence is that of the pair, and which pairs become findings is decided afterwards, over all ties of "
        f"the catalog. To say more would be wrong of findings that no answer knows: {unknown.right} of "
        f"{unknown.read} read are right, where {unknown.confidence:.2f} was said. *Tried*: isotonic maps of the "
        "same predictions did worse on unseen families than no map; a slope beside the shift, or a beta map, "
        "gained nothing; what is used is one number, fitted inside the families that a model learns from."
    )


def _unknown(told: Reading) -> str:
    return (
        f"- **Findings that no answer knows, read one by one**: {told.right} of {told.read} are right, "
        f"{ASKED - told.right} short of {ASKED}, at a mean confidence of {told.confidence:.2f}. *Why*: *What would "
        "be proposed* says what is wrong with each. *Tried*: what several unlike documents share ties nobody, which "
        "on reference pages took 3,300 of 3,900 such findings away, and 10 of 818 listed pairs; then what names and "
        "days speak against (`analysis/names.py`), which took 600 of 1,470 more, and 30 of 3,412 listed pairs. Two "
        "pages of one template, nearly whole in each other, still pass for one that was renamed. Frequencies of "
        "blocks as a measure were refused, as each text that arrives would move them and all pairs had to be "
        "compared anew."
    )


_WHY: Mapping[str, Callable[[Measured], str]] = {
    "CONTAINED, F1": _contained,
    "OVERLAP, F1": _overlap,
    "hard slice, F1": _hard,
    "findings, calibration error": _findings,
    "newer copy, pair and direction: recall": _newer_recall,
    "newer copy, pair and direction: precision": _newer_precision,
}


def _most_wrong(corpora: Mapping[str, Figures]) -> tuple[str, int]:
    """The family with the most strangers of the hard slice called copies, and how many."""
    wrong = {family: told.pairs[HARD].wrong for family, told in corpora.items() if HARD in told.pairs}
    family = max(wrong, key=lambda name: wrong[name])
    return family, wrong[family]


def _said(cases: Sequence[Case], relation: str, **wanted: object) -> Counter[str]:
    """What was said of the listed pairs of a relation whose evidence has the wanted values."""
    return Counter(
        _guess(case.pairs, row)
        for case in cases
        for row in case.truth.pairs
        if row["relation"] == relation
        and not text_only(row)
        and all(evidence(row).get(name) == value for name, value in wanted.items())
    )


def _wrongly(cases: Sequence[Case], relation: str) -> Counter[str]:
    """What the listed pairs are of which a relation was said that they do not have."""
    return Counter(
        str(row["relation"])
        for case in cases
        for row in case.truth.pairs
        if row["relation"] != relation and not text_only(row) and _guess(case.pairs, row) == relation
    )


def _guess(pairs: Mapping[Pair, Row], row: Row) -> str:
    guess = pairs.get(pair(row))
    if guess is None:
        return _NOT_COMPARED
    said = str(guess["relation"])
    return _WRONG_WAY if row["relation"] == said == "contained" and guess["a"] != row["a"] else said


def _said_of_superseded(cases: Sequence[Case]) -> Counter[str]:
    """What was said of superseded copies and the newer ones; `revised` where the direction is right too."""
    found: Counter[str] = Counter()
    for case in cases:
        for row in case.truth.outdated:
            if row["reason"] == "superseded" and "newer" in evidence(row):
                old = row["resource"]
                guess = case.pairs.get(pair({"a": old, "b": evidence(row)["newer"]}))
                said = _NOT_COMPARED if guess is None else str(guess["relation"])
                turned = guess is not None and said == "revised" and guess["a"] != old
                found[_WRONG_WAY if turned else said] += 1
    return found
