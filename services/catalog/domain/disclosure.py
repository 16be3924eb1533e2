"""What may be told of groups of people: nothing on fewer than five, nor as the difference of two larger groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

LEAST = 5  # behaviour.md §2


def few(count: float) -> bool:
    """Whether a count is of somebody, but of fewer than five."""
    return 0 < count < LEAST


def leaves_few(count: float, groups: Iterable[float]) -> bool:
    """Whether a count may not be told, of learners of whom others are told in these groups (or would be).

    Hidden is a count of one to four, one that leaves one to four beside a group, and one over such a group: with the
    others told, the sum would tell it.
    """
    return few(count) or any(few(each) or few(abs(count - each)) for each in groups)


def coarse(count: int, inside: Iterable[int] = ()) -> int:
    """The count as it may be told where a few more do not matter: one to four are told as five.

    Those are the learners counted, and those that it has beyond each group `inside` it that may be told itself.
    """
    for each in sorted({0, *(group for group in inside if not few(group))}):
        if few(count - each):
            count = each + LEAST
    return count


def learners(count: int, groups: Iterable[float] = ()) -> str:
    """The count in words, for the middle of a sentence: `fewer than 5 learners`.

    `5 or more learners` where it leaves one to four beside a group of which others are told.
    """
    if few(count):
        return f"fewer than {LEAST} learners"
    return f"{LEAST} or more learners" if leaves_few(count, groups) else f"{count} learners"


def nested(counts: Sequence[int]) -> list[bool]:
    """Which counts must be hidden of groups that each lie inside the one before (reached, started, completed).

    Hidden is a group of one to four, and one that leaves as few of the last group shown.
    """
    hidden: list[bool] = []
    last: int | None = None
    for count in counts:
        hides = few(count) or (last is not None and few(last - count))
        hidden.append(hides)
        if not hides:
            last = count
    return hidden


def hidden_cells(
    cells: Sequence[int], total: int, already: Collection[int] = ()
) -> tuple[frozenset[int], bool]:
    """Which cells of a total must be hidden, by place, and whether the total must be, too.

    Hidden is a cell of one to four and one that leaves as few for all others. Where the hidden ones could be told as
    the total less the shown ones (a single one, or fewer than five in all), the next smallest is hidden with them.
    """
    hidden = {at for at, count in enumerate(cells) if few(count) or few(total - count)} | set(already)
    hidden = {at for at in hidden if cells[at]}
    shown = sorted((count, at) for at, count in enumerate(cells) if count and at not in hidden)
    while shown and told_by_sum([cells[at] for at in hidden]):
        hidden.add(shown.pop(0)[1])
    rest = [cells[at] for at in hidden]
    return frozenset(hidden) | set(already), few(total) or told_by_sum(rest)


def told_by_sum(hidden: Sequence[int]) -> bool:
    """Whether counts that are hidden, none of them zero, are told by their sum: a single one, or fewer than five."""
    return bool(hidden) and (len(hidden) < 2 or sum(hidden) < LEAST)


def apart(between: Sequence[int], hidden: frozenset[int]) -> frozenset[int]:
    """Which more cells must be hidden of a group inside another, of which each cell has so many `between` the two.

    `hidden` are the cells of which either is. The next smallest between goes with them where they have one to four
    together: the two totals less the cells shown of both would tell it.
    """
    more: set[int] = set()
    shown = sorted((count, at) for at, count in enumerate(between) if count > 0 and at not in hidden)
    while shown and few(sum(between[at] for at in (*hidden, *more))):
        more.add(shown.pop(0)[1])
    return frozenset(more)
