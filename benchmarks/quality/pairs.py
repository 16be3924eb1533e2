"""Labelled pairs with their measures, from corpora of real content and from made company training."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from benchmarks.quality.company import Company, Made
from services.curator.analysis import candidates
from services.curator.analysis.alignment import align
from services.curator.analysis.features import Features, Prepared, measure, prepare
from services.curator.analysis.fingerprints import profile
from services.curator.analysis.model import Document, Part, Relation
from services.curator.analysis.text import segment
from services.curator.corpus import read_corpus, read_rows

TEXT_ONLY = ("copied-text", "copied-passages")  # ties without a person's act
HARD = ("lexical-neighbour", "tfidf-neighbour")
_FIRST_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}|={1,6})\s.*$", re.MULTILINE)
_CODE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_TARGET = re.compile(r"\]\([^)\n]*\)")
_MARK = re.compile(r"^#+\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair that people labelled: where from, its relation, whether it is of the hard slice, its measures.

    `forward` says that the measured `a` is the labelled one.
    """

    family: str
    relation: Relation
    hard: bool
    how: str
    forward: bool
    found: Features


def hidden(document: Document) -> Document:
    """The document without its title and first heading."""
    return replace(
        document,
        title="",
        parts=tuple(
            replace(part, title="", text=_FIRST_HEADING.sub("", part.text, count=1))
            for part in document.parts
        ),
    )


def plain(document: Document) -> Document:
    """The document as a slide or a PDF gives it: no title, code, link targets or heading marks."""
    document = hidden(document)
    return replace(
        document,
        links=(),
        parts=tuple(
            replace(part, text=_MARK.sub("", _TARGET.sub("]", _CODE.sub("", part.text))))
            for part in document.parts
        ),
    )


def of_corpus(folder: Path, view: str = "hidden") -> list[Labelled]:
    """All labelled pairs of a corpus that rest on a person's act, measured in a view: full, hidden or plain."""
    change = {"full": lambda document: document, "hidden": hidden, "plain": plain}[view]
    documents = {name: change(document) for name, document in read_corpus(folder).documents.items()}
    prepared = prepare_all(documents)
    found: list[Labelled] = []
    for row in read_rows(folder, "pairs"):
        evidence = cast("Mapping[str, object]", row["evidence"])
        if evidence.get("act") in TEXT_ONLY:
            continue
        a, b = str(row["a"]), str(row["b"])
        first, second = min(a, b), max(a, b)
        found.append(
            Labelled(
                folder.name,
                Relation(str(row["relation"])),
                bool(evidence.get("rewritten")) or evidence.get("mined") in HARD,
                str(evidence.get("mined") or evidence.get("act")),
                first == a,
                _measured(prepared[first], prepared[second]),
            )
        )
    return found


def prepare_all(documents: Mapping[str, Document]) -> dict[str, Prepared]:
    """Every document of a catalog ready to be compared, less the catalog's boilerplate."""
    blocks = {name: segment(document) for name, document in documents.items()}
    profiles = {name: profile(documents[name], blocks[name]) for name in documents}
    framed = candidates.boilerplate(profiles)
    return {name: prepare(documents[name], blocks[name], profiles[name], framed) for name in documents}


def of_company(name: str, bodies: Iterable[str], seed: int, templates: slice, count: int) -> list[Labelled]:
    """Made pairs, each compared as if the two were a catalog of their own."""
    return [_labelled(name, made) for made in Company(list(bodies), seed, templates).make(count)]


def _labelled(family: str, made: Made) -> Labelled:
    sides = prepare_all(
        {
            key: Document(key, title, (Part(title, "body", text),))
            for key, title, text in (("a", made.title_a, made.a), ("b", made.title_b, made.b))
        }
    )
    return Labelled(family, Relation(made.relation), False, made.how, True, _measured(sides["a"], sides["b"]))


def _measured(a: Prepared, b: Prepared) -> Features:
    return measure(a, b, align(a.text, b.text), None)
