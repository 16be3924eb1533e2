"""Rules that no plan may break (behaviour.md §7); each failure says what would satisfy it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from services.catalog.domain.disclosure import learners
from services.catalog.domain.engagement import Enrolment
from services.catalog.domain.resources import Resource
from services.catalog.review.domain import RESOURCES_PART, Part, Plan, Safeguard
from services.catalog.review.effects import Effects, effects
from services.catalog.review.surroundings import Surroundings, program_name, resource_name, retired
from services.catalog.review.use_told import figures, use_told

SOON = timedelta(days=60)
MOST_OBJECTS = 50
MOST_SHARE = 0.05  # of a source that lists at least SHARED_FROM resources
SHARED_FROM = 400


def failing(plan: Plan, around: Surroundings) -> tuple[Safeguard, ...]:
    """Every safeguard that the plan breaks now; empty when it may go on."""
    done = effects(plan.parts)
    dropped = [
        (program, around.resources[old])
        for program, old, new in done.items
        if not new and old in around.resources
    ]
    closed = [
        (part, around.resources[id_]) for id_, part in sorted(done.closed.items()) if id_ in around.resources
    ]
    found: list[Safeguard] = []
    for part, resource in closed:
        found += _losing(resource, part, around, done)
        found += _closing(resource, part, around)
        found += _kept(resource, part, around, done)
    for program, resource in dropped:
        part = program_name(program)
        found += _losing(resource, part, around, done)
        found += _closing(resource, part, around)
        found += _uncovered(resource, program, around, done)
        found += _last_of_language(resource, program, around, done)
        found += _last_accessible(resource, program, around, done)
    for program, id_ in done.eased:
        if (eased := around.resources.get(id_)) is not None:
            found += _owed(eased, program_name(program))
    for program, old, new in done.items:
        if new and old in around.resources:
            replaced, taking = around.resources[old], around.resources.get(new)
            found += _replacing(replaced, taking, program, done)
            found += _uncovered(replaced, program, around, done, taking)
            found += _last_of_language(replaced, program, around, done)
            found += _last_accessible(replaced, program, around, done)
    for program in sorted(done.ended):
        found += _ending(program, around)
    found += _required(around, done)
    found += _only_language(around, done)
    found += _only_accessible(around, done)
    found += _held(plan.parts, around, done)
    found += _committed(around, done)
    found += _too_many(plan, around, done)
    return tuple(dict.fromkeys(found))


def led_away(plan: Plan) -> set[str]:
    """Ids of resources from which the plan leads learners away."""
    done = effects(plan.parts)
    return done.retired | {old for _, old, _ in done.items}


def _losing(resource: Resource, part: str, around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    """What must hold where learners can no longer use it, in a program or at all."""
    name, title = resource_name(resource.id), f"“{resource.title}”"
    yield from _owed(resource, part)
    learners = around.in_progress(resource.id)
    if learners and resource.id not in done.finishing:
        yield Safeguard(
            "in_progress",
            name,
            f"{_learners(learners, _told(resource, around))} in the middle of {title}.",
            # Who is in the middle of what a program alone drops would look for it there.
            "Let them finish on it, choose it as the copy that stays, or snooze until nobody is part-way."
            if resource.id in done.archived
            else "Leave this change out, or snooze until nobody is part-way.",
            part,
            "finish_on_old" if resource.id in done.archived else "",
        )


def _owed(resource: Resource, part: str) -> Iterator[Safeguard]:
    name, title = resource_name(resource.id), f"“{resource.title}”"
    if resource.mandatory:
        yield Safeguard(
            "mandatory",
            name,
            f"Somebody is obliged to complete {title}.",
            "Choose it as the copy that stays, or lift the obligation in its source first.",
            part,
        )
    if resource.certification:
        yield Safeguard(
            "certification",
            name,
            f"Completing {title} counts for a certification.",
            "Choose it as the copy that stays, or take it out of the certification in its source first.",
            part,
        )


def _closing(resource: Resource, part: str, around: Surroundings) -> Iterator[Safeguard]:
    name, title = resource_name(resource.id), f"“{resource.title}”"
    for rule in around.rules.never_archived:
        if rule.covers(resource):
            yield Safeguard(
                "never_archived",
                name,
                f"A house rule keeps {title}: {rule.words}.",
                "Choose it as the copy that stays, or let a learning leader change the rule.",
                part,
            )
    inside = around.enrolled_in(resource.id)
    yield from _due_soon(inside, _told(resource, around), name, title, part, around.today)
    days = around.stale_days(resource)
    if days is not None:
        yield Safeguard(
            "engagement_stale",
            name,
            f"What is known of the use of {title} is {days} days old.",
            "Import newer engagement for its source, or declare that the source has no learners.",
            part,
        )


def _due_soon(
    enrolments: Iterable[Enrolment], told: Sequence[float], name: str, title: str, part: str, today: date
) -> Iterator[Safeguard]:
    open_ = (each.due for each in enrolments if each.state != "completed")
    soon = [due for due in open_ if due is not None and today <= due <= today + SOON]
    if soon:
        yield Safeguard(
            "session_soon",
            name,
            f"{_learners(len(soon), told)} to complete {title} by {max(soon).isoformat()} at the latest.",
            f"Snooze it until after {max(soon).isoformat()}, or move the due dates in the source.",
            part,
        )


def _kept(resource: Resource, part: str, around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    gone = {(program, old) for program, old, _ in done.items}
    for program in around.holding(resource.id):
        if (program.id, resource.id) not in gone:
            yield Safeguard(
                "in_program",
                resource_name(resource.id),
                f"“{resource.title}” is an item of “{program.title}”.",
                f"Replace or drop it in “{program.title}” first, or name what takes its place.",
                part,
            )


def _ending(id_: str, around: Surroundings) -> Iterator[Safeguard]:
    """What must hold before a program is archived: nobody in it, no date near, no program around it."""
    program = around.programs[id_]
    name, title = program_name(id_), f"“{program.title}”"
    inside = [each for each in around.enrolments if each.program == id_]
    started = [each for each in inside if each.state == "in_progress"]
    if started:
        yield Safeguard(
            "in_progress",
            name,
            f"{_learners(len(started), [len(inside)])} in the middle of {title}.",
            "Snooze it until they have finished.",
            name,
        )
    yield from _due_soon(inside, [len(inside)], name, title, name, around.today)
    for other in around.programs.values():
        if not other.archived and any(item.program == id_ for item in other.items):
            yield Safeguard(
                "in_program",
                name,
                f"{title} is an item of “{other.title}”.",
                f"Take it out of “{other.title}” in its source first.",
                name,
            )
    for resource in around.present(around.held_by(id_)):
        elsewhere = [each for each in around.holding(resource.id) if each.id != id_]
        if resource.mandatory and not elsewhere:
            yield Safeguard(
                "mandatory",
                name,
                f"Somebody is obliged to complete “{resource.title}”, which no other program holds.",
                "Add it to the program that stays, or lift the obligation in its source first.",
                name,
            )
        if resource.certification and not elsewhere:
            yield Safeguard(
                "certification",
                name,
                f"“{resource.title}” counts for a certification, and no other program holds it.",
                "Add it to the program that stays, or take it out of the certification in its source first.",
                name,
            )


def _replacing(old: Resource, new: Resource | None, program: str, done: Effects) -> Iterator[Safeguard]:
    if new is None or (old.id, new.id) in done.equivalents or old.id in new.equivalents:
        return
    name, part = resource_name(old.id), program_name(program)
    uncredited = f"completing it would not count as “{new.title}”."
    remedy = f"Keep the change by which “{old.title}” counts as “{new.title}”."
    if old.mandatory:
        yield Safeguard("mandatory", name, f"“{old.title}” is mandatory and {uncredited}", remedy, part)
    if old.certification:
        certifies = f"“{old.title}” counts for a certification and {uncredited}"
        yield Safeguard("certification", name, certifies, remedy, part)


def _required(around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    leaving = [(id_, "", part) for id_, part in done.closed.items()]
    leaving += [(old, program, program_name(program)) for program, old, new in done.items if not new]
    for id_, inside, part in leaving:
        resource = around.resources.get(id_)
        if resource is None:
            continue
        # What is dropped is missing in the programs around that one, too.
        reached = {inside, *(each.id for each in around.above(inside))}
        for program, item in around.requiring(id_):
            if (inside and program.id not in reached) or (program.id, id_) in done.requirements:
                continue
            needing = around.title(item.resource or item.program) if item.target[1] else item.reference
            replaced = not inside and id_ in done.successors
            yield Safeguard(
                "prerequisite",
                resource_name(id_),
                f"{needing} in “{program.title}” requires “{resource.title}” before.",
                "Let the requirement move to what takes its place, choose it as the copy that stays, or lift the "
                "requirement in the source."
                if replaced
                else "Lift the requirement in the source, or leave this change out.",
                part,
                "move_requirements" if replaced else "",
            )


def _only_language(around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    for id_, part in done.closed.items():
        resource, successor = around.resources.get(id_), around.resources.get(done.successors.get(id_, ""))
        if resource is None or not resource.language:
            continue
        if successor is None:
            yield from _last_translation(resource, part, around, done)
        elif successor.language and _primary(resource.language) != _primary(successor.language):
            yield Safeguard(
                "only_language",
                resource_name(id_),
                f"“{resource.title}” is in {resource.language}, “{successor.title}” in {successor.language}: "
                "nothing would be left in that language.",
                "Choose a copy in the same language to stay, or leave this one out.",
                part,
            )


def _last_translation(
    resource: Resource, part: str, around: Surroundings, done: Effects
) -> Iterator[Safeguard]:
    """What exists in several languages keeps each of them."""
    staying = [
        each
        for each in around.present(around.translations.get(resource.id, ()))
        if each.language and not retired(each) and each.id not in done.retired
    ]
    if staying and all(_primary(each.language) != _primary(resource.language) for each in staying):
        yield Safeguard(
            "only_language",
            resource_name(resource.id),
            f"“{resource.title}” is the only one in {resource.language} of what “{staying[0].title}” says in "
            f"{staying[0].language}.",
            "Name what takes its place in that language, or leave this one out.",
            part,
        )


def _last_of_language(
    resource: Resource, program_id: str, around: Surroundings, done: Effects
) -> Iterator[Safeguard]:
    """A program that exists in several languages keeps each of them."""
    staying = [_primary(each.language) for each in _staying(program_id, around, done) if each.language]
    if staying and resource.language and _primary(resource.language) not in staying:
        yield Safeguard(
            "only_language",
            resource_name(resource.id),
            f"“{resource.title}” is the only item in {resource.language} of {around.title(program_id)}.",
            "Add an item in that language first, or leave this change out.",
            program_name(program_id),
        )


def _only_accessible(around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    """What everyone can use gives way only to what everyone can use."""
    for id_, part in done.closed.items():
        resource, successor = around.resources.get(id_), around.resources.get(done.successors.get(id_, ""))
        if resource is None or successor is None:
            continue
        if resource.accessible_form and not successor.accessible_form:
            yield Safeguard(
                "only_accessible",
                resource_name(id_),
                f"“{resource.title}” is in an accessible form, and “{successor.title}” is not known to be.",
                "Choose it as the copy that stays, or state in its source that the other is in an accessible form.",
                part,
            )


def _last_accessible(
    resource: Resource, program_id: str, around: Surroundings, done: Effects
) -> Iterator[Safeguard]:
    """A program keeps an item that everyone can use."""
    staying = _staying(program_id, around, done)
    if staying and resource.accessible_form and not any(each.accessible_form for each in staying):
        yield Safeguard(
            "only_accessible",
            resource_name(resource.id),
            f"“{resource.title}” is the only item in an accessible form of {around.title(program_id)}.",
            "Add an item in an accessible form first, or leave this change out.",
            program_name(program_id),
        )


def _staying(program_id: str, around: Surroundings, done: Effects) -> list[Resource]:
    """The items of the program and of those inside it as the plan leaves them."""
    moves = {(inside, old): new for inside, old, new in done.items}
    inside = around.inside(program_id)
    flat = around.laid_flat(program_id)
    stays = (moves.get((holder, item.resource), item.resource) for holder, item in flat)
    return around.present([*stays, *(id_ for holder, id_ in done.inserted if holder in inside)])


def _primary(language: str) -> str:
    return language.split("-")[0].casefold()


def _uncovered(
    resource: Resource, program_id: str, around: Surroundings, done: Effects, new: Resource | None = None
) -> Iterator[Safeguard]:
    """Objectives that nothing in the program, or in one around it, covers any more.

    What takes its place covers what its text is about.
    """
    if new is not None and new.outline_hash and new.content_hash == resource.content_hash:
        return
    for program in around.reach([around.programs[program_id]]):
        wanted = {_said(objective): objective for objective in program.objectives}
        if not wanted:
            continue
        covered = {_said(text) for each in _staying(program.id, around, done) for text in _objectives(each)}
        for text in _objectives(resource):
            if _said(text) in wanted and _said(text) not in covered:
                objective = wanted[_said(text)]
                yield Safeguard(
                    "only_cover",
                    resource_name(resource.id),
                    f"“{resource.title}” alone covers “{objective}” in “{program.title}”.",
                    f"Say that “{new.title}” covers it, if it does, or leave this change out."
                    if new
                    else "Add an item that covers it, or leave this change out.",
                    program_name(program_id),
                )


def _objectives(resource: Resource) -> list[str]:
    value = resource.shown("objectives")
    return [str(text) for text in value] if isinstance(value, tuple) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _said(objective: str) -> str:
    return " ".join(objective.casefold().split()).rstrip(".")


def _held(parts: tuple[Part, ...], around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    moved = {old for _, old, _ in (*done.items, *done.moved)} | {id_ for _, id_ in done.eased}
    for id_ in sorted(done.written | moved):
        resource = around.resources.get(id_)
        if resource is None or not resource.hold:
            continue
        part = next(
            (
                each.id
                for each in parts
                for change in each.changes
                for write in change.writes
                if write.target == resource_name(id_) or write.before == id_
            ),
            RESOURCES_PART,
        )
        yield Safeguard(
            "on_hold",
            resource_name(id_),
            f"“{resource.title}” is on hold: {resource.hold}",
            "Lift the hold first, or choose it as the copy that stays.",
            part,
        )


def _committed(around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    leaving = [*done.closed.items()]
    leaving += [(old, program_name(program)) for program, old, new in done.items if not new]
    for id_, part in leaving:
        for other in around.committed.get(id_, ()):
            yield Safeguard(
                "successor_elsewhere",
                resource_name(id_),
                f"The approved plan of suggestions/{other} leads learners to {around.title(id_)}.",
                f"Wait until suggestions/{other} is applied, or take its approval back.",
                part,
            )


def _too_many(plan: Plan, around: Surroundings, done: Effects) -> Iterator[Safeguard]:
    objects = len(plan.touches)
    if objects > MOST_OBJECTS:
        yield Safeguard(
            "too_many",
            "",
            f"The plan changes {objects} resources and programs; {MOST_OBJECTS} is the most.",
            "Leave members out, and decide the rest in another step.",
        )
    by_source: dict[str, int] = {}
    for id_ in done.closed:
        resource = around.resources.get(id_)
        for source in {listing.source for listing in resource.listings} if resource else ():
            by_source[source] = by_source.get(source, 0) + 1
    for source, count in sorted(by_source.items()):
        listed = around.listed.get(source, 0)
        if listed >= SHARED_FROM and count > MOST_SHARE * listed:
            yield Safeguard(
                "too_many",
                "",
                f"The plan closes {count} of the {listed} resources of {source}; 5 % is the most.",
                "Leave members out, and decide the rest in another step.",
            )


def _told(resource: Resource, around: Surroundings) -> list[float]:
    """How many the groups of its learners have of which others are told, or could be."""
    return [*figures(use_told(resource.id, around)), len(around.enrolled_in(resource.id))]


def _learners(count: int, told: Sequence[float]) -> str:
    words = f"{learners(count, told)} are"
    return words[0].upper() + words[1:]
