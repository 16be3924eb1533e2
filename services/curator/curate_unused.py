"""What a folder of catalog files says about use and triviality: the rows of `unused.jsonl`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from services.curator.analysis import usage
from services.curator.analysis.model import Block, Claim, Group, Judgement, Relation
from services.curator.analysis.trivial import trivial
from services.curator.analysis.unused import offered, translated
from services.curator.analysis.usage import Drawn
from services.curator.corpus import Corpus

_YEAR = 12
_COPIES = (Relation.SAME_ITEM, Relation.IDENTICAL, Relation.REVISED)


def unused_rows(
    corpus: Corpus,
    blocks: Mapping[str, Sequence[Block]],
    groups: Iterable[Group],
    judgements: Iterable[Judgement],
) -> list[dict[str, object]]:
    """One row for each resource that would be proposed as unused, sorted by id.

    Copies and editions are judged as such and not by their use, translations are left alone. Whether an item of a
    program is required is not known here, so what a program holds is left alone.
    """
    copies = {key for group in groups if group.relation in _COPIES for key in group.members}
    left_alone = copies | translated(judgements)
    known = [day for day in corpus.as_of.values() if day != date.max]
    today = max(known, default=date.max)
    places = Counter(item.resource for program in corpus.programs.values() for item in program.items)
    drawn = {key: _drawn(corpus, key, bool(places[key])) for key in sorted(corpus.starts)}
    claims = usage.claims(drawn.values(), today)
    rows: list[dict[str, object]] = []
    for key, document in sorted(corpus.documents.items()):
        if places[key] or key in left_alone:
            continue
        looked_at = corpus.as_of[key] if corpus.as_of[key] != date.max else today
        use = drawn.get(key)
        starts = sum(use.starts[-_YEAR:]) if use is not None and len(use.starts) >= _YEAR else None
        found = [claims[key]] if key in claims else []
        # Nobody visits the links of files.
        slight = trivial(document, blocks[key], starts, looked_at, check_links=False)
        found += [slight] if slight is not None else []
        finding = offered(document, found, use, hidden=False, today=looked_at)
        if finding is not None:
            first = finding.claims[0]
            rows.append(
                {
                    "resource": key,
                    "title": document.title,
                    "mark": first.code,
                    "confidence": finding.confidence,
                    "plan": str(finding.plan),
                    "reason": first.reasons[0].code,
                    "evidence": {"claims": [_claim(claim) for claim in finding.claims]},
                }
            )
    return rows


def _drawn(corpus: Corpus, key: str, placed: bool) -> Drawn:
    document, series = corpus.documents[key], corpus.starts[key]
    return Drawn(
        resource=key,
        kind=document.kind,
        starts=series.starts,
        newest=series.newest,
        published=document.created,
        audience=document.language.partition("-")[0].lower(),
        programs=int(placed),
        required=placed,
    )


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "claim": claim.code,
        "confidence": claim.confidence,
        "text": claim.text,
        "reasons": [
            {"reason": reason.code, "value": reason.value, "text": reason.text} for reason in claim.reasons
        ],
        "quotes": [
            {"resource": quote.document, "place": quote.location, "start": quote.start, "quote": quote.text}
            for quote in claim.quotes
        ],
    }
