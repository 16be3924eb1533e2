"""Where check-ups meet protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping

from services.catalog.review.domain_checkups import Checkup, Line
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import duty_pb2
from winnow.review.v1 import checkup_pb2, events_pb2, suggestion_pb2


def checkup(value: Checkup, emails: Mapping[str, str]) -> checkup_pb2.Checkup:
    """A check-up as shown; `emails` by person's id."""
    return checkup_pb2.Checkup(
        name=f"checkups/{value.id}",
        program=f"programs/{value.program}",
        author=emails.get(value.author, ""),
        create_time=timestamp(value.create_time),
        note=value.note,
        decided=[_line(each, emails) for each in value.decided],
        open=[_line(each, emails) for each in value.open],
        decided_count=value.decided_count,
        open_count=value.open_count,
        missing=[duty_pb2.Duty.Kind.Value(str(each)) for each in value.missing],
    )


def _line(value: Line, emails: Mapping[str, str]) -> checkup_pb2.Checkup.Line:
    return checkup_pb2.Checkup.Line(
        suggestion=f"suggestions/{value.suggestion}",
        summary=value.summary,
        kind=suggestion_pb2.Suggestion.Kind.Value(str(value.kind)),
        state=suggestion_pb2.Suggestion.State.Value(str(value.state)),
        assignee=emails.get(value.assignee, ""),
    )


def checkup_recorded(value: Checkup, emails: Mapping[str, str]) -> events_pb2.CheckupRecorded:
    """Somebody went through a program."""
    return events_pb2.CheckupRecorded(checkup=checkup(value, emails))
