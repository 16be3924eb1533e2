"""Where tasks meet protobuf messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.catalog.review.domain_tasks import Task, TaskState
from services.catalog.review.fields import bad_field
from services.kit.protobuf import date_message, timestamp
from winnow.review.v1 import events_pb2, suggestion_pb2, task_pb2

_STATES: dict[int, TaskState] = {
    number: TaskState(name) for name, number in task_pb2.Task.State.items() if name in set(TaskState)
}


def task(value: Task, emails: Mapping[str, str]) -> task_pb2.Task:
    """A task as shown; `emails` by person's id."""
    return task_pb2.Task(
        name=f"tasks/{value.id}",
        suggestion=f"suggestions/{value.suggestion}",
        kind=value.kind,
        target=value.target,
        text=value.text,
        checklist=[task_pb2.TaskStep(text=each.text, done=each.done) for each in value.steps],
        assignee=emails.get(value.assignee, ""),
        due_date=date_message(value.due),
        state=task_pb2.Task.State.Value(value.state),
        create_time=timestamp(value.create_time),
        end_time=timestamp(value.end_time) if value.end_time else None,
        done_by=emails.get(value.done_by, ""),
    )


def task_changed(value: Task, emails: Mapping[str, str]) -> events_pb2.TaskChanged:
    """A task was asked, done, given to another or withdrawn."""
    return events_pb2.TaskChanged(task=task(value, emails))


def question(value: Task, emails: Mapping[str, str]) -> suggestion_pb2.Question:
    """A question that waits, as its suggestion shows it."""
    return suggestion_pb2.Question(
        person=emails.get(value.assignee, ""),
        author=emails.get(value.author, ""),
        text=value.text,
        resource=value.target,
        task=f"tasks/{value.id}",
        time=timestamp(value.create_time),
    )


def task_states(numbers: Iterable[int]) -> tuple[TaskState, ...]:
    """States asked for; InvalidArgument for one there is not."""
    asked = list(numbers)
    if any(number not in _STATES for number in asked):
        raise bad_field("states", "names a state there is not")
    return tuple(_STATES[number] for number in asked)
