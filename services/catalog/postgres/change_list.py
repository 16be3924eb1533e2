"""The change list: what sources should say in future."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.catalog.domain.changes import Change, ChangeState
from services.catalog.postgres.session import Session, columns
from services.kit.errors import NotFound

_ADD = """
    INSERT INTO changes
        (id, suggestion, target, source, external_id, field, from_value, to_value, state, done_by, done_time)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_LINES = """
    SELECT id, suggestion, target, source, external_id, field, from_value, to_value, state, done_by, done_time,
        taken_back
    FROM changes"""
_PAGE = f"""{_LINES}
    WHERE id > %(after)s AND (%(state)s = '' OR state = %(state)s)
        AND (%(targets)s::text[] IS NULL OR target = ANY(%(targets)s)) ORDER BY id LIMIT %(limit)s
"""
_COUNT = """
    SELECT count(*) AS count FROM changes
    WHERE (%(state)s = '' OR state = %(state)s) AND (%(targets)s::text[] IS NULL OR target = ANY(%(targets)s))
"""
# The state is written out: by a parameter the index of what is pending would not be found.
_COUNT_PENDING = """
    SELECT count(*) AS count FROM changes
    WHERE state = 'PENDING' AND (%(targets)s::text[] IS NULL OR target = ANY(%(targets)s))
"""
_PENDING = f"""{_LINES}
    WHERE state = 'PENDING' AND target = ANY(%s) ORDER BY id
"""
# Each side of OR has an index of its own.
_UNSEEN = f"""{_LINES}
    WHERE target = ANY(%(targets)s) AND state = 'PENDING'
        OR target = ANY(%(targets)s) AND state = 'DONE' AND done_by <> '' AND NOT seen AND NOT taken_back
    ORDER BY id
"""
_ONE = f"""{_LINES}
    WHERE id = %s
"""
_OF_SUGGESTION = f"""{_LINES}
    WHERE suggestion = %s AND NOT taken_back ORDER BY id
"""
_ASKED_BACK = f"""{_LINES}
    WHERE suggestion = %s AND taken_back AND state = 'PENDING' ORDER BY id
"""
_TAKEN_BACK = "UPDATE changes SET taken_back = true WHERE suggestion = %s AND NOT taken_back"
_SET_VALUES = "UPDATE changes SET from_value = %s, to_value = %s WHERE id = %s"
_SET_STATE = """
    UPDATE changes SET state = %(state)s, done_by = %(by)s, done_time = %(done)s WHERE id = ANY(%(ids)s)
"""
_SEEN = "UPDATE changes SET seen = true WHERE id = ANY(%s)"


class ChangeList(Session):
    """Lines of the change list."""

    async def add_changes(self, changes: Sequence[Change]) -> None:
        """Adds lines to the change list."""
        await self.run_many(
            _ADD,
            (
                (
                    *(each.id, each.suggestion, each.target, each.source, each.external_id),
                    *(
                        each.field,
                        each.from_value,
                        each.to_value,
                        str(each.state),
                        each.done_by,
                        each.done_time,
                    ),
                )
                for each in changes
            ),
        )

    async def change_page(
        self,
        *,
        after: str,
        limit: int,
        state: ChangeState | None = None,
        targets: Sequence[str] | None = None,
    ) -> list[Change]:
        """Lines whose id comes after, oldest first; of these targets only, unless None."""
        values = {"after": after, "limit": limit, "state": str(state or ""), "targets": targets}
        return await self._changes(_PAGE, values)

    async def change_count(
        self, *, state: ChangeState | None = None, targets: Sequence[str] | None = None
    ) -> int:
        """How many lines all pages have."""
        row = await self.row(_COUNT, {"state": str(state or ""), "targets": targets})
        return row["count"] if row else 0

    async def pending_count(self, targets: Sequence[str] | None) -> int:
        """How many lines are not yet seen in the source's data; of these targets only, unless None."""
        row = await self.row(_COUNT_PENDING, {"targets": targets})
        return row["count"] if row else 0

    async def pending_changes(self, targets: Iterable[str]) -> list[Change]:
        """Lines not yet seen in the source's data, of these targets."""
        return await self._changes(_PENDING, (list(targets),))

    async def change(self, id_: str) -> Change:
        """The line of that id; NotFound if there is none."""
        found = await self._changes(_ONE, (id_,))
        if not found:
            raise NotFound("CHANGE_NOT_FOUND", f"There is no change {id_}.", {"name": f"changes/{id_}"})
        return found[0]

    async def unseen_changes(self, targets: Iterable[str]) -> list[Change]:
        """Lines of these targets that no source has shown yet: what waits, and what a person says is done."""
        return await self._changes(_UNSEEN, {"targets": list(targets)})

    async def changes_of(self, suggestion: str) -> list[Change]:
        """Every line of the suggestion's plan since it was last taken back."""
        return await self._changes(_OF_SUGGESTION, (suggestion,))

    async def changes_back(self, suggestion: str) -> list[Change]:
        """Lines that still wait and by which an undo of the suggestion's plan is to reach its sources."""
        return await self._changes(_ASKED_BACK, (suggestion,))

    async def take_changes_back(self, suggestion: str) -> None:
        """Ends what the suggestion's lines so far say of its plan: it was taken back, they with it."""
        await self.run(_TAKEN_BACK, (suggestion,))

    async def set_change_values(self, id_: str, from_value: str, to_value: str) -> None:
        """Has a line ask for another value."""
        await self.run(_SET_VALUES, (from_value, to_value, id_))

    async def set_change_state(self, ids: Iterable[str], state: ChangeState, *, by: str = "") -> None:
        """Moves lines to a state; `by` is the person who says that they are done."""
        done = self.now if state is ChangeState.DONE else None
        await self.run(_SET_STATE, {"state": str(state), "by": by, "done": done, "ids": list(ids)})

    async def changes_seen(self, ids: Iterable[str]) -> None:
        """Notes that a source has shown what a person said was done."""
        await self.run(_SEEN, (list(ids),))

    async def _changes(self, query: str, values: object) -> list[Change]:
        rows = await self.rows(query, values)  # pyright: ignore[reportArgumentType]
        return [Change(**columns(row, state=ChangeState(row["state"]))) for row in rows]
