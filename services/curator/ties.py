"""Judgements as the copy keeps them: those of some resources, and all that are connected with these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from services.curator import postgres, wire
from services.curator.analysis.groups import pair
from services.curator.analysis.model import Judgement
from services.kit.postgres import Connection
from winnow.curation.v1.curation_service_pb2 import Comparison


async def stored(connection: Connection, ids: Iterable[str]) -> list[Judgement]:
    """Every kept judgement with one of these resources."""
    rows = await postgres.pairs_of(connection, ids)
    return [wire.judgement(Comparison.FromString(data)) for _, _, data in rows]


async def connected(
    connection: Connection,
    begun: AbstractSet[str],
    changed: AbstractSet[str] = frozenset(),
    fresh: Sequence[Judgement] = (),
) -> list[Judgement]:
    """Every judgement connected with these resources, by pair; fresh ones in place of kept ones.

    What was kept of a resource whose text has `changed` is about its old text, and left out.
    """
    judgements = {pair(one.a, one.b): one for one in fresh}
    done: set[str] = set()
    frontier = set(begun) | {key for one in fresh for key in (one.a, one.b)}
    while frontier:
        found = await stored(connection, frontier)
        done |= frontier
        frontier = set[str]()
        for one in found:
            if one.a in changed or one.b in changed:
                continue
            judgements.setdefault(pair(one.a, one.b), one)
            frontier |= {one.a, one.b} - done
    return [judgements[key] for key in sorted(judgements)]
