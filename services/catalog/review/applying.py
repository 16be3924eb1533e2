"""What a plan writes and what undo restores, on values: exact inverses by prior values (behaviour.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, cast

from services.catalog.domain.changes import Change as Line
from services.catalog.domain.changes import program_line, text_of
from services.catalog.domain.programs import Items, Program, ProgramItem, same_items
from services.catalog.domain.resources import OWN_FIELDS, WANTED_VISIBILITY, WRITTEN_BACK, Lifecycle, Resource
from services.catalog.domain.values import Desired
from services.catalog.ids import new_id
from services.catalog.postgres import codec
from services.catalog.review.domain import Change, Receipt, Write
from services.catalog.review.surroundings import bare, program_name, resource_name

RESTORE = "restore"
KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field edited since: what undo would restore and what it is now, as text."""

    target: str
    field: str
    before: str
    now: str


@dataclass(slots=True)
class Work:
    """Resources and programs by id while a plan is applied or undone; `joins` are (older, younger).

    `joined` has the present name of each resource that is another's by now. `resources` of an undo have both: the
    other, which is what people see, and under its own id the resource as it would be if it were split off.
    """

    suggestion: str
    author: str
    now: datetime
    resources: dict[str, Resource]
    programs: dict[str, Program]
    joined: Mapping[str, str] = field(default_factory=dict[str, str])
    receipts: list[Receipt] = field(default_factory=list[Receipt])
    lines: list[Line] = field(default_factory=list[Line])
    joins: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    changed: list[str] = field(default_factory=list[str])
    """Names of what was written, in order, each once."""
    moved: list[str] = field(default_factory=list[str])
    """Prior values that no longer hold: nothing may be applied when there is one."""

    def present(self, id_: str) -> str:
        """The present name of a resource."""
        return self.joined.get(id_, id_)

    def touch(self, name: str) -> None:
        """Notes that something was written."""
        if name not in self.changed:
            self.changed.append(name)


def apply(work: Work, changes: Sequence[Change]) -> None:
    """Carries the changes out on the values, with a receipt for each write and lines for what sources can express."""
    before = dict(work.programs)
    for change in changes:
        for write in change.writes:
            if write.target.startswith("programs/"):
                _write_program(work, write)
            else:
                _write_resource(work, write)
    for id_, program in work.programs.items():
        old = before[id_]
        if program is old:
            continue
        for name in ("items", "archived"):
            prior, made = codec.plain(old.shown(name)), codec.plain(program.shown(name))
            if prior != made:
                wish = _wish(old.desired.get(name))
                work.receipts.append(Receipt(program_name(id_), name, prior, made, wish))
                if name in program.desired:
                    work.lines.append(program_line(new_id(), program, name, work.suggestion))
        work.touch(program_name(id_))


def _write_resource(work: Work, write: Write) -> None:
    resource = work.resources.get(bare(write.target))
    if resource is None:
        work.moved.append(f"{write.target} is gone")
        return
    name = resource_name(resource.id)
    match write.field:
        case "alias":
            work.joins.append((str(write.after), resource.id))
            work.receipts.append(Receipt(name, "alias", "", write.after))
        case "equivalents":
            added = str(write.after)
            if added not in resource.equivalents:
                equivalents = tuple(sorted({*resource.equivalents, added}))
                work.resources[resource.id] = replace(resource, equivalents=equivalents)
                work.receipts.append(Receipt(name, "equivalents", "", added))
        case "successor":
            if resource.successor != write.before:
                work.moved.append(f"the successor of “{resource.title}” changed")
                return
            work.resources[resource.id] = replace(resource, successor=str(write.after))
            work.receipts.append(Receipt(name, "successor", resource.successor, write.after))
        case _:
            prior = codec.plain(resource.shown(write.field))
            if prior != write.before:
                work.moved.append(f"{write.field} of “{resource.title}” changed")
                return
            wish = _wish(resource.desired.get(write.field))
            value = codec.resource_value(write.field, write.after)
            wanted = resource.want(
                write.field, value, author=work.author, suggestion=work.suggestion, now=work.now
            )
            work.resources[resource.id] = wanted
            work.receipts.append(Receipt(name, write.field, prior, write.after, wish))
            if write.field == "lifecycle":
                work.lines += _visibility_lines(work, resource, Lifecycle(str(write.after)))
            elif write.field in WRITTEN_BACK:
                work.lines.append(_field_line(work, resource, write.field, prior, write.after))
    work.touch(name)


def _visibility_lines(work: Work, resource: Resource, wanted: Lifecycle) -> list[Line]:
    visibility = WANTED_VISIBILITY.get(wanted)
    return [
        Line(
            id=new_id(),
            suggestion=work.suggestion,
            target=resource_name(resource.id),
            source=listing.source,
            external_id=listing.external_id,
            field="visibility",
            from_value=str(listing.visibility),
            to_value=str(visibility),
        )
        for listing in resource.listings
        if visibility is not None and not listing.gone and listing.visibility is not visibility
    ]


def _field_line(work: Work, resource: Resource, field: str, prior: object, after: object) -> Line:
    """For the listing whose word counts: the others are not what learners see."""
    said = (each for each in resource.listings if getattr(each.observed, field) not in (None, "", 0, ()))
    listing = next(said, resource.listings[0])
    return Line(
        id=new_id(),
        suggestion=work.suggestion,
        target=resource_name(resource.id),
        source=listing.source,
        external_id=listing.external_id,
        field=field,
        from_value=text_of(prior),
        to_value=text_of(after),
    )


def _write_program(work: Work, write: Write) -> None:
    program = work.programs.get(bare(write.target))
    if program is None:
        work.moved.append(f"{write.target} is gone")
        return
    if write.field != "archived":
        _write_items(work, program, write)
    elif program.archived:
        work.moved.append(f"“{program.title}” is archived already")
    else:
        work.programs[program.id] = program.want(
            "archived", True, author=work.author, suggestion=work.suggestion, now=work.now
        )


def _write_items(work: Work, program: Program, write: Write) -> None:
    old, new = str(write.before), str(write.after)
    items = program.items
    if write.field == "insert":
        if any(item.resource == new for item in items):
            work.moved.append(f"“{program.title}” has that item already")
            return
        added = ProgramItem(_reference(work, program, new), resource=new, mandatory=False)
        changed = (*items, added)
    elif write.field == "place":
        found = _placed(items, old, new)
        if found is None:
            work.moved.append(f"“{program.title}” no longer has those items in that order")
            return
        changed = found
    elif write.field == "optional":
        if not any(item.resource == old and item.mandatory for item in items):
            work.moved.append(f"“{program.title}” no longer obliges anybody to that item")
            return
        changed = tuple(replace(item, mandatory=False) if item.resource == old else item for item in items)
    elif write.field == "requirements":
        changed = tuple(replace(item, prerequisites=_renamed(item.prerequisites, old, new)) for item in items)
    else:
        at = next((index for index, item in enumerate(items) if item.resource == old), None)
        if at is None:
            work.moved.append(f"“{program.title}” no longer has that item")
            return
        changed = _replaced(items, old, new, _reference(work, program, new))
    work.programs[program.id] = program.want(
        "items", changed, author=work.author, suggestion=work.suggestion, now=work.now
    )


def _placed(items: Items, resource: str, before: str) -> Items | None:
    """The items with the resource's moved before another's; None unless it stands behind that one."""
    places = {item.resource: index for index, item in reversed(list(enumerate(items)))}
    here, there = places.get(resource), places.get(before)
    if here is None or there is None or here < there:
        return None
    return (*items[:there], items[here], *items[there:here], *items[here + 1 :])


def _renamed(prerequisites: Sequence[str], old: str, new: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new if each == old else each for each in prerequisites))


def _replaced(items: Items, old: str, new: str, reference: str) -> Items:
    """Items with the old resource's taken out, or given to the new one; one already there takes its obligation over."""
    gone = [item for item in items if item.resource == old]
    rest = [item for item in items if item.resource != old]
    if not new:
        return tuple(rest)
    mandatory = any(item.mandatory for item in gone)
    if any(item.resource == new for item in rest):
        return tuple(
            replace(item, mandatory=item.mandatory or mandatory) if item.resource == new else item
            for item in rest
        )
    first = items.index(gone[0])
    taken = replace(gone[0], resource=new, reference=reference, mandatory=mandatory)
    return tuple(
        taken if index == first else item
        for index, item in enumerate(items)
        if index == first or item.resource != old
    )


def _reference(work: Work, program: Program, resource: str) -> str:
    """How the program's own source calls the resource."""
    known = work.resources.get(resource)
    if known is None:
        return ""
    own = [listing.external_id for listing in known.listings if listing.source == program.source]
    return own[0] if own else known.first.external_id


def undo(work: Work, receipts: Sequence[Receipt], answers: Mapping[tuple[str, str], str]) -> list[Conflict]:
    """Restores what the receipts name, newest first; fields edited since are returned unless they are answered.

    An answer `restore` sets the prior value all the same, `keep` leaves what is there. `joins` of the work
    names the aliases to split off.
    """
    conflicts: list[Conflict] = []
    for receipt in reversed(receipts):
        answer = answers.get((receipt.target, receipt.field), "")
        if answer == KEEP:
            continue
        if receipt.target.startswith("programs/"):
            found = _undo_items(work, receipt, forced=answer == RESTORE)
        else:
            found = _undo_resource(work, receipt, forced=answer == RESTORE)
        if found is not None:
            conflicts.append(found)
    return conflicts


def written(before: Resource, after: Resource, fields: Iterable[str]) -> list[Receipt]:
    """Receipts of these fields, by which `undo` gives them back what they had."""
    name = resource_name(before.id)
    pairs = ((field, codec.plain(before.shown(field)), codec.plain(after.shown(field))) for field in fields)
    return [
        Receipt(name, field, prior, made, _wish(before.desired.get(field)))
        for field, prior, made in pairs
        if prior != made
    ]


def unmoved(resource: Resource, receipt: Receipt) -> bool:
    """Whether it shows what was written then."""
    return codec.plain(resource.shown(receipt.field)) == receipt.made


def _undo_resource(work: Work, receipt: Receipt, *, forced: bool) -> Conflict | None:
    id_ = bare(receipt.target)
    if receipt.field == "alias":
        work.joins.append((str(receipt.made), id_))
        work.touch(receipt.target)
        return None
    receipt = _renamed_since(work, receipt)
    root = work.present(id_)
    if root == id_:
        return _restored(work, work.resources[id_], receipt, forced=forced)
    # Its own row is for the day on which they are told apart; what people see is the other's, and is asked.
    _restored(work, work.resources[id_], receipt, forced=forced)
    other = work.resources[root]
    now = codec.plain(other.shown(receipt.field))
    if receipt.field == "equivalents" or now == receipt.prior:
        return None
    if not forced:
        return Conflict(receipt.target, receipt.field, str(receipt.prior or ""), str(now or ""))
    value = codec.resource_value(receipt.field, receipt.prior)
    work.touch(resource_name(root))
    work.resources[root] = other.want(
        receipt.field, value, author=work.author, suggestion=work.suggestion, now=work.now
    )
    return None


def _renamed_since(work: Work, receipt: Receipt) -> Receipt:
    """The receipt with the resources in its values under their present names, as the catalog shows them."""
    if receipt.field not in ("successor", "equivalents"):
        return receipt
    return replace(
        receipt, prior=work.present(str(receipt.prior or "")), made=work.present(str(receipt.made or ""))
    )


def _restored(work: Work, resource: Resource, receipt: Receipt, *, forced: bool) -> Conflict | None:
    id_ = resource.id
    work.touch(receipt.target)
    if receipt.field == "equivalents":
        rest = tuple(each for each in resource.equivalents if each != receipt.made)
        work.resources[id_] = replace(resource, equivalents=rest)
        return None
    now = codec.plain(resource.shown(receipt.field))
    if now == receipt.prior:
        work.resources[id_] = _wished(resource, receipt)
        return None
    if now != receipt.made and not forced:
        return Conflict(receipt.target, receipt.field, str(receipt.prior or ""), str(now or ""))
    if receipt.field in OWN_FIELDS:
        prior = codec.resource_value(receipt.field, receipt.prior)
        work.resources[id_] = replace(resource, **{receipt.field: prior})
        return None
    restored = _wished(resource, receipt)
    if codec.plain(restored.shown(receipt.field)) != receipt.prior:
        # The source has followed meanwhile: what was shown before is wanted anew.
        value = codec.resource_value(receipt.field, receipt.prior)
        restored = resource.want(
            receipt.field, value, author=work.author, suggestion=work.suggestion, now=work.now
        )
    work.resources[id_] = restored
    return None


def _wished(resource: Resource, receipt: Receipt) -> Resource:
    """With the wish the field had before, when that shows what was shown before."""
    if receipt.field in OWN_FIELDS:
        return resource
    wish = _desired(receipt.wish, partial(codec.resource_value, receipt.field))
    restored = resource.with_desired(receipt.field, wish)
    return restored if codec.plain(restored.shown(receipt.field)) == receipt.prior else resource


def _undo_items(work: Work, receipt: Receipt, *, forced: bool) -> Conflict | None:
    program = work.programs[bare(receipt.target)]
    if receipt.field == "archived":
        return _undo_archived(work, program, receipt)
    prior, made = (_present_items(work, codec.items(value)) for value in (receipt.prior, receipt.made))
    if same_items(program.items, prior):
        restored: Items | None = prior
    elif same_items(program.items, made) or forced:
        restored = prior
    else:
        restored = _unmerged(prior, made, program.items)
    if restored is None:
        return Conflict(receipt.target, receipt.field, text_of(prior), text_of(program.items))
    work.touch(receipt.target)
    wished = program.with_desired("items", _desired(receipt.wish, codec.items))
    if wished.items == restored:
        work.programs[program.id] = wished
    else:
        work.programs[program.id] = program.want(
            "items", restored, author=work.author, suggestion=work.suggestion, now=work.now
        )
    return None


def _present_items(work: Work, items: Items) -> Items:
    """The items under present names; of two that became one thing the first stands, mandatory if either was."""
    found: dict[tuple[str, str], ProgramItem] = {}
    for item in items:
        needed = tuple(dict.fromkeys(work.present(each) for each in item.prerequisites))
        now = replace(item, resource=work.present(item.resource), prerequisites=needed)
        first = found.setdefault(now.target, now)
        if now.mandatory and not first.mandatory:
            found[now.target] = replace(first, mandatory=True)
    return tuple(found.values())


def _undo_archived(work: Work, program: Program, receipt: Receipt) -> None:
    """Shows what was shown before; a program that somebody has opened again stays as it is."""
    wished = program.with_desired("archived", _desired(receipt.wish, bool))
    if wished.archived != receipt.prior:
        wished = program.want(
            "archived", receipt.prior, author=work.author, suggestion=work.suggestion, now=work.now
        )
    work.programs[program.id] = wished
    work.touch(receipt.target)


def _unmerged(prior: Items, made: Items, now: Items) -> Items | None:
    """`now` with what led from `prior` to `made` taken back and later edits kept; None when they collide.

    What the plan put in gives its place back to what it replaced; what it only took out stands again behind
    the neighbour it had.
    """
    was, became = {item.target: item for item in prior}, {item.target: item for item in made}
    there = {item.target: item for item in now}
    out = [item for item in prior if item.target not in became]
    written = [item for item in made if item.target not in was or not _same(was[item.target], item)]
    if not out and not written:
        return None  # only the order was changed, and somebody has changed the items since
    if any(item.target in there for item in out):
        return None  # somebody has put it back by hand
    if any(item.target not in there or not _same(there[item.target], item) for item in written):
        return None
    common = was.keys() & became.keys()
    places = {_rank(prior, item, common): item for item in reversed(out)}
    swapped = {
        item.target: places.get(_rank(made, item, common)) for item in written if item.target not in was
    }
    result: list[ProgramItem] = []
    for item in now:
        if item.target in swapped:
            replaced = swapped[item.target]
            if replaced is not None:
                result.append(replaced)
        else:
            result.append(was[item.target] if item in written else item)
    for item in out:
        if item not in result:
            before = {each.target for each in prior[: prior.index(item)]}
            at = max((index + 1 for index, each in enumerate(result) if each.target in before), default=0)
            result.insert(at, item)
    return tuple(result)


def _same(a: ProgramItem, b: ProgramItem) -> bool:
    return same_items([a], [b])


def _rank(items: Items, item: ProgramItem, common: AbstractSet[tuple[str, str]]) -> int:
    """How many items that stayed stand before it."""
    return sum(each.target in common for each in items[: items.index(item)])


def _wish(wish: Desired | None) -> object:
    if wish is None:
        return None
    value, against = codec.plain(wish.value), codec.plain(wish.against)
    return [value, against, wish.author, wish.suggestion, wish.time.isoformat()]


def _desired(wish: object, value: Callable[[Any], object]) -> Desired | None:
    if wish is None:
        return None
    row = cast("list[Any]", wish)
    return Desired(value(row[0]), value(row[1]), row[2], row[3], datetime.fromisoformat(row[4]))
