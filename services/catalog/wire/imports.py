"""Imports with their problems and questions."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.domain.drafts import Draft
from services.catalog.domain.imports import Import, ImportFile, ImportState, Problem, Question
from services.catalog.wire.publishing import draft
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import (
    import_pb2,
)

_IMPORT_STATES = {
    ImportState.RUNNING: import_pb2.Import.RUNNING,
    ImportState.SUCCEEDED: import_pb2.Import.SUCCEEDED,
    ImportState.PARTIAL: import_pb2.Import.PARTIAL,
    ImportState.FAILED: import_pb2.Import.FAILED,
}


def _problem(value: Problem) -> import_pb2.ImportProblem:
    return import_pb2.ImportProblem(
        file=value.file, place=value.place, reason=value.reason, message=value.message
    )


def _question(value: Question) -> import_pb2.ImportQuestion:
    return import_pb2.ImportQuestion(
        id=value.id, file=value.file, reason=value.reason, text=value.text, choices=value.choices
    )


def _recognised(value: ImportFile) -> import_pb2.RecognisedFile:
    return import_pb2.RecognisedFile(
        file=value.path, recognised_as=value.recognised_as, resources=value.resources
    )


def import_(value: Import, drafts: Sequence[Draft] = ()) -> import_pb2.Import:
    """An import with its problems and open questions."""
    recognised = [_recognised(each) for each in value.files if each.recognised_as]
    return import_pb2.Import(
        name=f"imports/{value.id}",
        source=value.source,
        state=_IMPORT_STATES[value.state],
        added=value.counts.added,
        changed=value.counts.changed,
        unchanged=value.counts.unchanged,
        gone=value.counts.gone,
        events=value.counts.events,
        unreadable=[_problem(each) for each in value.problems if each.unreadable],
        warnings=[_problem(each) for each in value.problems if not each.unreadable],
        questions=[_question(each) for each in value.open_questions],
        files=recognised if value.validate_only else [],
        create_time=timestamp(value.create_time),
        end_time=timestamp(value.end_time) if value.end_time else None,
        files_received=len(value.files),
        files_done=sum(each.state != "waiting" for each in value.files),
        drafts=[draft(each) for each in drafts],
    )
