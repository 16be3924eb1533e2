"""The text of docs/quality.md, from figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from benchmarks.quality.goals import GOALS, Goal, short_of
from benchmarks.quality.pairs import Labelled
from benchmarks.quality.reading import ASKED, COUNT, SEED, Reading
from benchmarks.quality.unmet import Measured, unmet
from services.curator.analysis.model import Relation
from services.curator.analysis.relation_model import Verdict
from services.curator.evaluate import Evaluation
from services.curator.evaluation.cases import Case
from services.curator.evaluation.figures import ANY, HARD, OPENED, Figures
from services.curator.evaluation.resampling import Estimate
from services.curator.evaluation.scores import Calibration, Score
from services.curator.evaluation.views import View

Judged = Sequence[tuple[Labelled, Verdict]]
Views = Mapping[View, Evaluation]
_RELATIONS = ("identical", "revised", "translated", "contained", "overlap")
_NONE = "–"

INTRODUCTION = """\
# How right curation is

Written by `python -m benchmarks.quality CORPORA_FOLDER`; every figure on this page is measured by it. Two kinds of
figures are kept apart:

- **Unseen families**: every source family is judged by a model that was trained on the others only (and on none
  that shares base texts or templates with it). This says what to expect on content that Winnow has never seen, but
  for rules that people wrote who had seen these families: they shape what becomes a finding (*What is not known*).
- **The shipped model**: trained on all of these families, so its figures say how well it fits, not how right it will
  be. `winnow evaluate CORPORA_FOLDER/*/ --no-index` gives them again (`--hide-titles`, `--plain`: the other views).

Both go through everything that `winnow curate` does, by words alone, without vectors. What is asked of each listed
pair is which of six relations it has (identical, revised, translated, contained, overlap, unrelated), all six at once;
a pair that was never compared counts as unrelated. Ties that are shared text only are left out, except among findings.
*Titles hidden*: title empty, first heading removed. *Plain*: also without code blocks, link targets and heading marks,
as a slide or a PDF gives. *Hard slice*: only copies that were rewritten, and strangers whose words are nearest.
*Calibration error* (ECE): how far the confidence said is from the share that is right, on average; *AUC*: of one that
is so and one that is not, how often the first has the higher score. Where three floors or goals stand in a row, they
are those of the three columns.

In brackets: 95 % intervals of 1,000 draws of whole documents with all their copies, and of the commits that retired
or moved pages, inside each source; a pair of two documents counts as often as both were drawn. Rows of one document
or one sweep move together: drawing rows would give intervals that are too narrow. *Best baseline* is the best of
single scores (5-gram Jaccard, which is what MinHash estimates; 5-gram containment; words of the titles in common; the
larger of these two; equal words) at the threshold that is best on the very pairs it is judged on, and for a relation
against unrelated pairs only: both flatter it, and the figures beside it have no such help.
"""

UNKNOWN = """\
## What is not known

- The corpora hold technical documentation, lessons and textbooks on business and psychology. No company's HR or
  compliance courses were to be had: made company training stands for them, and shows what the rules do, not what
  people would say of them.
- A finding that no answer knows is counted as unjudged, neither right nor wrong; of these a sample was read, above
  (`winnow evaluate DIR --out OUT --draw 50` draws one of other content). Who read them worked on Winnow, though not on
  the rules, and saw the confidence that was said.
- The families of outdated content follow what owners did. Pages that were left in place may still have been wrong.
- Rules that are no part of the fitted model (cuts between kinds of duplicates, what of a template stays quiet, what
  names, days and numbers speak against, which findings follow from others, weights of claims about age) were chosen by
  people who had seen these corpora; leaving a family out does not undo that. Those on names, days and numbers followed
  on reading findings of these families, most of them known to no answer (`benchmarks/quality/read.jsonl` has every
  verdict). Each change of a rule changes what is drawn from: of findings that no answer knows, draws had 32 right of 50
  without these rules, then 44, then 46, then what stands above, each with findings that had been read before. These
  rules took 640 of 1,470 such findings away, and 30 of the 3,412 listed pairs of four families. Where a title is
  missing, names say nothing; titles written without spaces are one word each, so that a slight change makes another
  name.
- Intervals say how figures would move with other documents of the same sources. By whole sources (the table below the
  first) they are wider, and with so few sources they are rough.
"""

# What the multilingual extra changes.
_EXTRA = frozenset(
    {
        "any duplicate, F1",
        "TRANSLATED, F1",
        "findings, precision of judged ones",
        "findings, recall",
        "candidates, recall of true pairs",
    }
)
# For a figure the question whose single scores stand beside it, or the family of outdated content.
_BASELINES = {
    "any duplicate, F1": (ANY, ""),
    "hard slice, F1": (HARD, ""),
    **{f"{relation.upper()}, F1": (relation, "") for relation in _RELATIONS},
    "translation behind, AUC": ("", "translation"),
    "retired against kept, AUC": ("", "retired"),
}


def page(
    unseen: Views,
    shipped: Evaluation,
    made: Judged,
    translated: Views,
    cases: Sequence[Case],
    read: Reading,
    unknown: Reading,
    extra: Evaluation | None = None,
) -> str:
    """The whole page; `made` are pairs of made company training, judged by models that never saw their texts.

    `translated` has the figures of prose in two languages with the multilingual extra; empty where nobody asked.
    `cases` are those of unseen families as is; `read` is what a reader said of their findings, `unknown` of those that
    no answer knows. `extra` has the figures of the plain view where
    families of several languages were judged with the multilingual extra.
    """
    return "\n".join(
        [
            INTRODUCTION,
            *_against_goals(unseen, extra),
            *_by_sources(unseen),
            *unmet(Measured(unseen, cases, unknown)),
            *_by_family(unseen),
            *_relations(unseen),
            *_baselines(unseen),
            *_findings(unseen),
            *_read(read, unknown),
            *_reliability(unseen),
            *_outdated(unseen),
            *_candidates(unseen),
            *_programs(unseen[View.FULL]),
            *_translated(translated),
            *_shipped(shipped),
            *_company(made),
            UNKNOWN,
        ]
    )


def _against_goals(unseen: Views, extra: Evaluation | None) -> Iterator[str]:
    yield "## Unseen families, pooled, beside what was asked for"
    yield ""
    yield from _head("figure", *View, "best baseline, as is", "floor", "goal", "state")
    for goal in GOALS:
        values = {view: goal.take(told.pooled) for view, told in unseen.items()}
        floors = " · ".join(f"{floor:.2f}" for floor, _ in goal.asked.values())
        goals = " · ".join(f"{wanted:.2f}" for _, wanted in goal.asked.values())
        states = " · ".join(_state(goal, values.get(view), limits) for view, limits in goal.asked.items())
        seen = [_interval(values.get(view)) for view in View]
        yield _row(goal.name, *seen, _baseline(goal.name, unseen[View.FULL].pooled), floors, goals, states)
    pooled = unseen[View.FULL].pooled
    judged = {name: one.findings.calibration.count for name, one in unseen[View.FULL].corpora.items()}
    most = max(judged, key=lambda name: judged[name])
    rest = pooled.findings.unjudged - unseen[View.FULL].corpora[most].findings.unjudged
    share = rest / max(1, rest + sum(judged.values()) - judged[most])
    yield ""
    yield (
        f"Findings that no answer knows: {pooled.findings.unjudged_share:.1%} of all ({pooled.findings.unjudged}); "
        f"at most 10 % are asked for. Without {most}, where most are known: {share:.1%}. "
        f"Candidates: {pooled.candidates.per_resource} a resource. "
        f"Distinct confidences of pairs: {pooled.distinct_confidences}."
    )
    yield ""
    if extra is not None:
        yield from _with_extra(unseen[View.PLAIN].pooled, extra.pooled)


def _with_extra(without: Figures, told: Figures) -> Iterator[str]:
    yield (
        "All rows above are judged by words alone. The same plain texts where the families of several languages are "
        "curated with the multilingual extra (the others have nothing for it to say):"
    )
    yield ""
    yield from _head("figure, plain", "by words alone", "with the multilingual extra")
    for goal in GOALS:
        if goal.name in _EXTRA:
            yield _row(goal.name, _interval(goal.take(without)), _interval(goal.take(told)))
    yield ""


def _baseline(name: str, told: Figures) -> str:
    question, kind = _BASELINES.get(name, ("", ""))
    if question in told.baselines:
        return f"{told.baselines[question][0].f1:.3f}, {told.baselines[question][0].method}"
    if kind in told.outdated and told.outdated[kind].auc_of_age is not None:
        return f"{_interval(told.outdated[kind].auc_of_age)}, dates alone"
    return _NONE


def _state(goal: Goal, value: Estimate | None, limits: tuple[float, float]) -> str:
    if value is None:
        return _NONE
    floor, wanted = limits
    if goal.reached(value.value, wanted):
        return "goal"
    missing = f"{short_of(value.value, wanted)} short of the goal"
    return f"floor, {missing}" if goal.reached(value.value, floor) else f"**below the floor**, {missing}"


def _by_sources(unseen: Views) -> Iterator[str]:
    yield "The same F1 with intervals over whole sources (repositories), which say how they would move with others:"
    yield ""
    names = [name for name in (ANY, HARD, *_RELATIONS) if name in unseen[View.FULL].pooled.by_source]
    yield from _head("figure", *View)
    for name in names:
        scores = (unseen[view].pooled.by_source.get(name) for view in View)
        yield _row(name, *(_NONE if one is None else _interval(one.f1) for one in scores))
    yield ""


def _by_family(unseen: Views) -> Iterator[str]:
    yield "## By family, any duplicate: P/R/F1 and the interval of F1"
    yield ""
    yield from _head("family", "pairs", *View, "hard slice, titles hidden", "ECE, titles hidden")
    families = list(unseen[View.FULL].corpora)
    for family in [*families, ""]:
        told = {view: one.corpora[family] if family else one.pooled for view, one in unseen.items()}
        hidden = told[View.HIDDEN]
        yield _row(
            family or "**all, pooled**",
            str(hidden.listed),
            *(_three(told[view].pairs.get(ANY)) for view in View),
            _three(hidden.pairs.get(HARD)),
            f"{hidden.calibration.ece.value:.3f}",
        )
    yield ""


def _relations(unseen: Views) -> Iterator[str]:
    yield "## By relation, all six at once: P/R/F1 and the interval of F1"
    yield ""
    pooled = {view: one.pooled for view, one in unseen.items()}
    yield from _head("relation", "pairs", *View)
    for relation in (*_RELATIONS, "unrelated"):
        own = pooled[View.FULL].pairs.get(relation)
        if own is not None:
            size = str(own.right + own.missed)
            yield _row(relation, size, *(_three(pooled[view].pairs.get(relation)) for view in View))
    yield ""
    yield "F1 of each relation in each family (as is · titles hidden · plain):"
    yield ""
    yield from _head("family", *_RELATIONS)
    for family in unseen[View.FULL].corpora:
        told = [unseen[view].corpora[family] for view in View]
        yield _row(
            family, *(" · ".join(_short(one.pairs.get(relation)) for one in told) for relation in _RELATIONS)
        )
    yield ""


def _baselines(unseen: Views) -> Iterator[str]:
    yield "## Single scores on the same pairs, at their best thresholds: P/R/F1 @threshold"
    yield ""
    for view in View:
        told = unseen[view].pooled
        methods = sorted({one.method for found in told.baselines.values() for one in found})
        yield f"{str(view).capitalize()}:"
        yield ""
        yield from _head("question", "unseen families", *methods)
        for question in (ANY, HARD, *_RELATIONS):
            found = {one.method: one for one in told.baselines.get(question, ())}
            if found:
                scores = (found.get(method) for method in methods)
                yield _row(
                    question,
                    _three(told.pairs.get(question)),
                    *(
                        _NONE
                        if one is None
                        else f"{one.precision:.2f}/{one.recall:.2f}/{one.f1:.2f} @{one.threshold:.2f}"
                        for one in scores
                    ),
                )
        yield ""


def _findings(unseen: Views) -> Iterator[str]:
    yield "## What would be proposed"
    yield ""
    yield (
        "Over whole catalogs: precision of the findings that answers judge (a pair inside one document's copies is "
        "right), and recall of listed pairs; all findings (confidence 0.40 and more) and those opened "
        f"({OPENED:.2f}). What follows from another finding is none of its own: of several editions of one text "
        "that share something with a document, the closest is named, and two documents that hold one part in whole "
        "are tied by that part."
    )
    yield ""
    yield from _head("family, as is", "precision", "recall", "opened: P/R", "judged", "unjudged", "ECE")
    for family, told in _families(unseen[View.FULL]):
        found = told.findings
        yield _row(
            family,
            _interval(found.score.precision),
            _interval(found.score.recall),
            f"{found.opened.precision.value:.2f}/{found.opened.recall.value:.2f}",
            str(found.score.right + found.score.wrong),
            f"{found.unjudged} ({found.unjudged_share:.0%})",
            f"{found.calibration.ece.value:.3f}",
        )
    yield ""
    told = unseen[View.FULL].pooled.findings.precision
    yield f"Precision by proposed relation: {'; '.join(f'{name} {_interval(one)}' for name, one in told.items())}."
    yield ""


def _read(told: Reading, unknown: Reading) -> Iterator[str]:
    days = sorted({*told.days, *unknown.days})
    yield (
        f"**Read one by one**{' on ' if days else ''}{', '.join(days)}: findings of unseen families, as is, drawn "
        f"at random (seed {SEED}; both texts side by side in `drawn.txt` and `unknown.txt` of the cache folder), "
        "once of all and once of those that no answer knows. The verdicts stand in "
        "`benchmarks/quality/read.jsonl`, from the beginnings of both texts and from what differs; right means "
        f"that the two belong together, whatever kind was proposed. Asked for: {ASKED} of {COUNT}."
    )
    yield ""
    yield from _head("drawn", "of", "read", "right", "mean confidence said")
    draws = {"of all findings": told, "of those that no answer knows": unknown}
    for name, one in draws.items():
        yield _row(
            f"{one.drawn} {name}", str(one.found), str(one.read), f"**{one.right}**", f"{one.confidence:.2f}"
        )
    yield ""
    for name, one in draws.items():
        if one.wrong:
            yield f"Not right {name}, with the confidence said:"
            yield ""
            yield from (f"- {why}" for why in one.wrong)
            yield ""


def _programs(told: Evaluation) -> Iterator[str]:
    if not told.programs:
        return
    yield "## Programs, beside what their owners cut"
    yield ""
    yield (
        "Programs as they were before their owners cut them: what would have been dropped or replaced, and how "
        "much of it was cut. Owners cut for many reasons (time, audience), of which repetition is one. *AUC*: an "
        "item that was cut is covered more by the rest of its program than one that stayed."
    )
    yield ""
    yield from _head(
        "family",
        "cuts (commits)",
        "items, cut",
        "proposed, right",
        "precision",
        "drawn at random",
        "recall",
        "AUC",
    )
    for family, one in told.programs.items():
        yield _row(
            family,
            f"{one.acts} ({one.commits})",
            f"{one.items}, {one.cut}",
            f"{one.proposed}, {one.right}",
            _NONE if one.precision is None else f"{one.precision:.3f}",
            f"{one.baseline:.3f}",
            f"{one.recall:.3f}",
            _NONE if one.auc is None else f"{one.auc:.3f}",
        )
    yield ""


def _reliability(unseen: Views) -> Iterator[str]:
    yield "## Reliability"
    yield ""
    yield "![Share that is right, by confidence](reliability.svg)"
    yield ""
    yield "Unseen families, titles hidden: mean confidence said → share that was right (how many)."
    yield ""
    told = unseen[View.HIDDEN].pooled
    yield from _head("confidence", "listed pairs", "judged findings")
    columns = [_bins(told.calibration), _bins(told.findings.calibration)]
    for low in sorted({low for column in columns for low in column}):
        yield _row(f"{low:.1f}–{low + 0.1:.1f}", *(column.get(low, _NONE) for column in columns))
    yield _row("ECE", _interval(told.calibration.ece), _interval(told.findings.calibration.ece))
    yield ""


def _bins(told: Calibration) -> dict[float, str]:
    return {one.low: f"{one.confidence:.2f} → {one.share:.2f} ({one.count})" for one in told.bins}


def _outdated(unseen: Views) -> Iterator[str]:
    yield "## Outdated content (as is)"
    yield ""
    yield (
        "*By dates alone*: days since the update; for translations, days by which another language was updated "
        "later. *Newer copy*: of superseded copies, whether the two were judged an edition in the right direction "
        "(pair), and whether that very copy was named as successor."
    )
    yield ""
    yield from _head("family", "kind", "outdated", "P/R/F1", "AUC", "by dates alone", "ECE")
    for family, told in _families(unseen[View.FULL]):
        for kind, one in told.outdated.items():
            yield _row(
                family,
                kind,
                str(one.score.right + one.score.missed),
                _three(one.score),
                _interval(one.auc),
                _interval(one.auc_of_age),
                f"{one.calibration.ece.value:.3f}",
            )
    yield ""
    yield from _head(
        "family", "newer copy, pair: P/R/F1", "newer copy, named: P/R/F1", "kept, proposed for more"
    )
    for family, told in _families(unseen[View.FULL]):
        kept = _interval(told.kept_proposed) if "retired" in told.outdated else _NONE
        yield _row(family, _three(told.newer_pairs), _three(told.newer), kept)
    yield ""


def _candidates(unseen: Views) -> Iterator[str]:
    yield "## Candidates, without vectors"
    yield ""
    yield from _head("family", "resources", *(f"recall, {view}" for view in View), "candidates a resource")
    for family, told in _families(unseen[View.FULL]):
        views = (dict(_families(unseen[view]))[family] for view in View)
        yield _row(
            family,
            str(told.resources),
            *(_interval(one.candidates.recall) for one in views),
            f"{told.candidates.per_resource:.1f}",
        )
    yield ""


def _translated(translated: Views) -> Iterator[str]:
    if not translated:
        return
    yield "## Translated prose, with the multilingual extra"
    yield ""
    yield (
        "A book in two languages, without code, judged by a model that never saw it, with the openings of its "
        "sections embedded. Asked for: F1 of TRANSLATED 0.90, goal 0.97."
    )
    yield ""
    yield from _head("figure", *translated)
    told = [one.pooled for one in translated.values()]
    yield _row("TRANSLATED: P/R/F1", *(_three(one.pairs.get("translated")) for one in told))
    yield _row("any duplicate: P/R/F1", *(_three(one.pairs.get(ANY)) for one in told))
    yield _row("candidates, recall", *(_interval(one.candidates.recall) for one in told))
    yield _row("findings: precision", *(_interval(one.findings.score.precision) for one in told))
    yield ""


def _shipped(shipped: Evaluation) -> Iterator[str]:
    yield "## The shipped model on the families it was trained on"
    yield ""
    yield "In-sample: no promise for other content. As is, pooled and by family:"
    yield ""
    yield from _head("figure", "all, pooled")
    for goal in GOALS:
        yield _row(goal.name, _interval(goal.take(shipped.pooled)))
    yield ""
    yield from _head("family", "any duplicate", "findings: P/R", "unjudged", *_RELATIONS)
    for family, told in _families(shipped):
        found = told.findings
        yield _row(
            family,
            _three(told.pairs.get(ANY)),
            f"{found.score.precision.value:.2f}/{found.score.recall.value:.2f}",
            f"{found.unjudged_share:.0%}",
            *(_short(told.pairs.get(relation)) for relation in _RELATIONS),
        )
    yield ""


def _company(made: Judged) -> Iterator[str]:
    families = sorted({one.family for one, _ in made})
    shares: dict[tuple[bool, str, str], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for one, verdict in made:
        key = (one.relation is Relation.UNRELATED, one.how, one.relation.value)
        shares[key][one.family].append(verdict.probability >= OPENED)
    quiet = sum(is_quiet for is_quiet, _, _ in shares)
    yield "## Company training, made from real prose"
    yield ""
    yield (
        f"Share of pairs at probability {OPENED:.2f} and above, by how they were made, titles hidden, judged by "
        f"models that never saw their texts. The last {quiet} must not be shown. The last column is the hardest: "
        "both others share texts or templates with it, so its model saw no company training and no filled template "
        "in prose at all."
    )
    yield ""
    yield from _head("made by", "relation", *families)
    for key in sorted(shares):
        _, how, relation = key
        yield _row(how, relation, *(f"{np.mean(shares[key][family]):.2f}" for family in families))
    yield ""


def _families(told: Evaluation) -> Iterable[tuple[str, Figures]]:
    return [*told.corpora.items(), ("**all, pooled**", told.pooled)]


def _three(one: Score | None) -> str:
    if one is None or not one.right + one.missed:
        return _NONE
    three = "/".join(f"{value.value:.2f}" for value in (one.precision, one.recall, one.f1))
    return f"{three} [{one.f1.low:.2f}–{one.f1.high:.2f}]"


def _short(one: Score | None) -> str:
    return _NONE if one is None or not one.right + one.missed else f"{one.f1.value:.2f}"


def _interval(one: Estimate | None) -> str:
    return _NONE if one is None else f"{one.value:.3f} [{one.low:.2f}–{one.high:.2f}]"


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|" + "---|" * len(names)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
