"""The catalog's own current rows around a proposal: what plans are formed, rated and checked from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.catalog.domain.engagement import Enrolment, Use, month_index
from services.catalog.domain.house_rules import HouseRules
from services.catalog.domain.programs import MAX_NESTING, Program, ProgramItem
from services.catalog.domain.resources import Lifecycle, Resource
from services.catalog.domain.sources import Source

STALE_AFTER = 35  # days; behaviour.md §7, where a source declares no rhythm
GRACE = 7  # days beyond a declared rhythm
RECENT_MONTHS = 3  # where no learner rows say who is in progress, starts in these count as active


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One moment's rows. `resources` has each under its id and its aliases; `programs` are those that name a member,
    and those around them and inside.

    `committed` maps a resource to the suggestions (their ids) whose approved plans lead learners to it.
    `listed` counts the resources that each source lists. `translations` maps a resource to those that are known to say
    the same in another language.
    """

    today: date
    resources: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    programs: Mapping[str, Program] = field(default_factory=dict[str, Program])
    use: Mapping[str, Use] = field(default_factory=dict[str, Use])
    enrolments: tuple[Enrolment, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    committed: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    listed: Mapping[str, int] = field(default_factory=dict[str, int])
    translations: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    rules: HouseRules = field(default_factory=HouseRules)
    _holders: dict[str, list[Program]] = field(
        default_factory=dict[str, list[Program]], init=False, repr=False, compare=False
    )
    """`holding` of each resource, once somebody has asked: a page of suggestions asks hundreds of times."""
    _outer: dict[str, list[Program]] = field(
        default_factory=dict[str, list[Program]], init=False, repr=False, compare=False
    )
    """The same of each program."""
    _enrolled: dict[str, list[Enrolment]] = field(
        default_factory=dict[str, list[Enrolment]], init=False, repr=False, compare=False
    )
    """`enrolled_in` of each resource and program, likewise."""

    def resource(self, id_: str) -> Resource | None:
        """The resource under its present name; None when it is not known."""
        return self.resources.get(id_)

    def present(self, ids: Iterable[str]) -> list[Resource]:
        """The resources, each once, in the order of the ids."""
        found = {each.id: each for id_ in ids if (each := self.resources.get(id_)) is not None}
        return list(found.values())

    def title(self, name: str) -> str:
        """The quoted title of `resources/{id}` or `programs/{id}`, or of a bare id."""
        id_ = bare(name)
        thing = self.resources.get(id_) or self.programs.get(id_)
        return f"“{thing.title}”" if thing else id_

    def holding(self, resource: str) -> Sequence[Program]:
        """Programs in use with the resource among their items, in id order."""
        self._look()
        return self._holders.get(resource, ())

    def _look(self) -> None:
        if self._holders:
            return
        for _, program in sorted(self.programs.items()):
            if not program.archived:
                for held in {item.resource for item in program.items}:
                    self._holders.setdefault(held, []).append(program)
                for nested in {item.program for item in program.items if item.program}:
                    self._outer.setdefault(nested, []).append(program)

    def above(self, program: str) -> tuple[Program, ...]:
        """Programs in use around the one of that id, directly or through others: the nearest first, each once."""
        self._look()
        found: dict[str, Program] = {}
        level = [program]
        for _ in range(MAX_NESTING):
            holding = {outer.id: outer for id_ in level for outer in self._outer.get(id_, ())}
            level = [id_ for id_ in holding if id_ not in found and id_ != program]
            found |= {id_: holding[id_] for id_ in level}
        return tuple(found.values())

    def reach(self, programs: Iterable[Program]) -> tuple[Program, ...]:
        """These programs and those around them, each once: whose owners have purview there (behaviour.md §2)."""
        given = list(programs)
        outer = [each for program in given for each in self.above(program.id)]
        return tuple({each.id: each for each in (*given, *outer)}.values())

    def inside(self, program: str, *, mandatory: bool = False) -> frozenset[str]:
        """Ids of the program and of those in use inside it; only of what is `mandatory` in it."""
        seen = {program}
        for _ in self._flat(program, seen, mandatory=mandatory):
            continue
        return frozenset(seen)

    def laid_flat(self, program: str, *, mandatory: bool = False) -> tuple[tuple[str, ProgramItem], ...]:
        """(holder's id, item) of each resource in it and in programs in use inside it; only what is `mandatory` in it.

        A program that it holds twice is laid down where it comes first.
        """
        return tuple(self._flat(program, {program}, mandatory=mandatory))

    def _flat(
        self, program: str, seen: set[str], *, mandatory: bool, level: int = 0
    ) -> Iterator[tuple[str, ProgramItem]]:
        known = self.programs.get(program)
        for item in known.items if known else ():
            if mandatory and not item.mandatory:
                continue
            if item.resource:
                yield program, item
                continue
            inner = self.programs.get(item.program)
            if inner is None or inner.archived or inner.id in seen or level == MAX_NESTING:
                continue
            seen.add(inner.id)
            yield from self._flat(inner.id, seen, mandatory=mandatory, level=level + 1)

    def enrolled_in(self, id_: str) -> Sequence[Enrolment]:
        """The rows of a resource's or program's learners, as far as they are known."""
        if not self._enrolled:
            for each in self.enrolments:
                self._enrolled.setdefault(each.resource or each.program, []).append(each)
        return self._enrolled.get(id_, ())

    def held_by(self, program: str) -> tuple[str, ...]:
        """Ids of the resources that the program holds directly, in its order."""
        known = self.programs.get(program)
        return tuple(item.resource for item in known.items if item.resource) if known else ()

    def requiring(self, resource: str) -> list[tuple[Program, ProgramItem]]:
        """Items that need the resource completed before, with their programs."""
        return [
            (program, item)
            for _, program in sorted(self.programs.items())
            if not program.archived
            for item in program.items
            if resource in item.prerequisites
        ]

    def learners(self, program: Program) -> int:
        """Learners of a year, as far as its items tell: those who started the item that most start."""
        used = (self.use[item.resource] for item in program.items if item.resource in self.use)
        return max((use.year.started for use in used), default=0)

    def in_progress(self, resource: str) -> int:
        """Learners known to be in the middle of it."""
        use = self.use.get(resource)
        return use.in_progress or 0 if use else 0

    def active(self, resource: str) -> int:
        """Learners in progress, else an estimate: those who started in the newest three months."""
        use = self.use.get(resource)
        if use is None or use.newest is None:
            return 0
        if use.in_progress is not None:
            return use.in_progress
        newest = month_index(use.newest)
        return sum(each.started for each in use.months if newest - month_index(each.month) < RECENT_MONTHS)

    def ever_completed(self, resource: str) -> bool:
        """Whether anybody is known to have completed it."""
        use = self.use.get(resource)
        if use is not None and any(month.completed for month in use.months):
            return True
        return any(each.resource == resource and each.state == "completed" for each in self.enrolments)

    def without_learners(self, resource: Resource) -> bool:
        """Whether every source of it has no learners, as far as is known."""
        known = [self.sources.get(listing.source) for listing in resource.listings]
        return resource.id not in self.use and all(
            source is None or source.without_learners for source in known
        )

    def without_learners_in(self, program: Program) -> bool:
        """Whether the same holds for the program and all it holds at any level: who is in it, then nobody knows."""
        inside = self.present(item.resource for _, item in self.laid_flat(program.id))
        own = self.sources.get(program.source)
        return (own is None or own.without_learners) and all(map(self.without_learners, inside))

    def stale_days(self, resource: Resource) -> int | None:
        """How old its engagement is in days, when that is older than its sources may deliver; else None.

        None is known about a resource of a source with learners that never delivered: then counted from its creation.
        """
        limits = [
            source.rhythm_days + GRACE if source.rhythm_days else STALE_AFTER
            for listing in resource.listings
            if (source := self.sources.get(listing.source)) is not None and not source.without_learners
        ]
        if not limits:
            return None
        use = self.use.get(resource.id)
        until = _month_end(use.newest) if use and use.newest else resource.create_time.date()
        age = max(0, (self.today - until).days)
        return age if age > max(limits) else None


def bare(name: str) -> str:
    """The id in `resources/{id}` or `programs/{id}`."""
    return name.rpartition("/")[2]


def resource_name(id_: str) -> str:
    """`resources/{id}`."""
    return f"resources/{id_}"


def program_name(id_: str) -> str:
    """`programs/{id}`."""
    return f"programs/{id_}"


def retired(resource: Resource) -> bool:
    """Whether learners are already led elsewhere or nowhere."""
    return resource.lifecycle in (Lifecycle.ARCHIVED, Lifecycle.DEPRECATED)


def _month_end(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
