"""What the use of all resources says about each, kept up as use, resources, programs and days move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from services.curator import wire
from services.curator.analysis import usage
from services.curator.analysis.model import Claim
from services.curator.analysis.usage import Drawn, Observed
from services.curator.shelf import Shelf


@dataclass(slots=True)
class Neglect:
    """Claims by resource, and whose claim has moved since `settled` was last called.

    A resource is measured by its peers, so one delivery of engagement may move the claims on many. Only the groups
    (kind and audience) of what has moved are looked at again.
    """

    claims: dict[str, Claim] = field(default_factory=dict[str, Claim])
    moved: set[str] = field(default_factory=set[str])
    _groups: dict[tuple[str, str], dict[str, Observed]] = field(
        default_factory=lambda: defaultdict(dict[str, Observed])
    )
    _observed: dict[str, Observed] = field(default_factory=dict[str, Observed])
    _touched: set[str] = field(default_factory=set[str])
    _read: tuple[str | None, date] | None = None

    def fresh(self, shelf: Shelf, today: date) -> bool:
        """Whether anything has been looked at for this catalog on this day."""
        return self._read == (shelf.epoch, today)

    @property
    def waits(self) -> bool:
        """Whether something was touched that has not been looked at."""
        return bool(self._touched)

    def touch(self, resources: Iterable[str]) -> None:
        """Notes that these, their use or their places may have moved."""
        self._touched.update(resources)

    def refresh(self, shelf: Shelf, today: date) -> None:
        """Looks again at what was touched and at all whose peers these are; on another day at everything."""
        if not self.fresh(shelf, today):
            self._read = (shelf.epoch, today)
            self._touched = set(shelf.use) | set(self._observed)
        held_by = shelf.programs_by_resource()
        required = _required(shelf)
        stale = set[tuple[str, str]]()
        for key in self._touched:
            before = self._observed.pop(key, None)
            drawn = _drawn(shelf, key, held_by, required)
            after = usage.observe(drawn, today) if drawn is not None else None
            if before is not None:
                del self._groups[before.group][key]
                stale.add(before.group)
            if after is not None:
                self._observed[key] = self._groups[after.group][key] = after
                stale.add(after.group)
            else:
                self._put(key, None)
        self._touched.clear()
        for group in stale:
            around = usage.peers(self._groups[group].values())
            for key, observed in self._groups[group].items():
                self._put(key, usage.irrelevant(observed, around, today))

    def drawn(self, resource: str) -> Drawn | None:
        """What the resource drew; None where that is not known."""
        observed = self._observed.get(resource)
        return observed.drawn if observed is not None else None

    def settled(self) -> None:
        """What had moved has been told."""
        self.moved.clear()

    def _put(self, key: str, claim: Claim | None) -> None:
        if self.claims.get(key) == claim:
            return
        self.moved.add(key)
        if claim is None:
            del self.claims[key]
        else:
            self.claims[key] = claim


def _required(shelf: Shelf) -> set[str]:
    return {
        item.resource
        for program in shelf.programs.values()
        if program.id not in shelf.archived_programs
        for item in program.items
        if item.resource and item.mandatory
    }


def _drawn(
    shelf: Shelf, key: str, held_by: Mapping[str, AbstractSet[str]], required: AbstractSet[str]
) -> Drawn | None:
    use, state = shelf.use.get(key), shelf.resources.get(key)
    if use is None or use.newest_month is None or not use.started_months:
        return None
    if state is None or state.archived or state.successor:
        return None
    document = shelf.documents[key]
    return Drawn(
        resource=key,
        kind=document.kind,
        starts=use.started_months,
        newest=use.newest_month,
        published=document.created,
        audience=document.language.partition("-")[0].lower(),
        programs=len(held_by.get(key, ())),
        required=state.mandatory or state.certification or key in required,
        exempt=state.on_hold or use.in_progress > 0,
        hidden=state.hidden,
        unlisted=wire.unlisted(state),
    )
