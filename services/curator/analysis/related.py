"""What the other documents of a catalog say about one document's age: its editions, its original, newer facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.curator.analysis.contradictions import Contradiction, contradicted, contradictions
from services.curator.analysis.duplicates import two_things
from services.curator.analysis.groups import Pair
from services.curator.analysis.model import Block, Claim, Document, Judgement
from services.curator.analysis.succession import Editions, editions, superseded
from services.curator.analysis.translations import Original, behind, originals


@dataclass(frozen=True, slots=True)
class Related:
    """A catalog's documents and their ties to one another, ready to be asked about any one of them."""

    documents: Mapping[str, Document]
    blocks: Mapping[str, Sequence[Block]]
    editions: Editions
    originals: Mapping[str, Original]
    contradictions: Mapping[str, Sequence[Contradiction]]


def relate(
    judgements: Sequence[Judgement],
    documents: Mapping[str, Document],
    blocks: Mapping[str, Sequence[Block]],
    apart: Collection[Pair] = frozenset(),
) -> Related:
    """The ties that these judgements make; `blocks` of documents that are not compared may be missing.

    What is no finding because people said so (`apart`), or because it is two things, is no edition either.
    """
    quiet = two_things(judgements, documents)
    same = [one for one in judgements if (one.a, one.b) not in quiet]
    return Related(
        documents,
        blocks,
        editions(same, documents, apart=apart),
        originals(judgements, documents, blocks),
        contradictions(judgements, documents),
    )


def claims_of_others(
    document: Document, blocks: Sequence[Block], related: Related, today: date
) -> Iterable[Claim]:
    """What other documents prove against this one: a newer edition, an original that moved on, newer facts."""
    newer = superseded(document, blocks, related.editions, related.documents, today)
    if newer is not None:
        yield newer
    original = related.originals.get(document.id)
    if original is not None and original.id in related.blocks:
        lagging = behind(
            document,
            blocks,
            related.documents[original.id],
            related.blocks[original.id],
            original.usual,
            today,
        )
        if lagging is not None:
            yield lagging
    told = related.contradictions.get(document.id)
    if told:
        other = contradicted(document, told, related.documents, today)
        if other is not None:
            yield other
