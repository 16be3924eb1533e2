"""CurationService over NATS: read-only answers about content, for callers whose token says they may read it."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

import grpc.aio
from typing_extensions import override

from services.curator import wire
from services.curator.analysis.model import Document, Part
from services.curator.answers import Library
from services.curator.checking import Checked, Checker
from services.curator.feed import Feed
from services.curator.status import StatusReader
from services.kit import identity, pages
from services.kit.errors import InvalidArgument, NotFound, Violation
from winnow.curation.v1 import curation_service_pb2 as pb
from winnow.curation.v1.curation_service_pb2_grpc import CurationServiceServicer

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_MOST_QUERY = 1000
_MOST_HITS = 50
_MOST_TEXT = 512 * 1024
_TEXT = "text"  # id and place of a text that is no draft; ids of resources are longer


class CurationRpc(CurationServiceServicer):
    """Parses, asks the library, answers."""

    def __init__(self, library: Library, checker: Checker, feed: Feed, status: StatusReader) -> None:
        self._library = library
        self._checker = checker
        self._feed = feed
        self._status = status

    @override
    async def CompareResources(self, request: pb.CompareResourcesRequest, context: Context) -> pb.Comparison:
        """As the service says."""
        _may_read()
        judgement = await self._library.compare(_resource("a", request.a), _resource("b", request.b))
        return wire.named(wire.comparison(judgement))

    @override
    async def SearchResources(
        self, request: pb.SearchResourcesRequest, context: Context
    ) -> pb.SearchResourcesResponse:
        """As the service says."""
        _may_read()
        query = request.query.strip()
        if not query or len(query) > _MOST_QUERY:
            raise _invalid("query", f"A query has 1 to {_MOST_QUERY} characters.")
        size = pages.size(request.page_size, default=10, maximum=_MOST_HITS)
        found = await self._library.search(query, size)
        if found.missed:
            await self._feed.searched(found.missed)
        return pb.SearchResourcesResponse(
            hits=[
                pb.SearchResourcesResponse.Hit(
                    resource=f"resources/{hit.resource}",
                    title=hit.title,
                    quote=hit.quote,
                    place=hit.place,
                    score=hit.score,
                    current=hit.current,
                    successor=f"resources/{hit.successor}" if hit.successor else "",
                    replaced=[f"resources/{each}" for each in hit.replaced],
                )
                for hit in found.hits
            ],
            by_meaning=found.by_meaning,
        )

    @override
    async def CheckDraft(self, request: pb.CheckDraftRequest, context: Context) -> pb.CheckDraftResponse:
        """As the service says."""
        _may_read()
        if bool(request.draft) == bool(request.text):
            raise _invalid("draft", "Either a draft or a text is checked.")
        if not request.draft:
            if len(request.text.encode()) > _MOST_TEXT:
                raise _invalid("text", f"A text has at most {_MOST_TEXT} bytes.")
            parts = (Part("", _TEXT, request.text),)
            document = Document(_TEXT, request.title.strip()[:_MOST_QUERY], parts)
            return _checked(await self._checker.check(document), document.id, "draft")
        id_ = _named("drafts", "draft", request.draft)
        found = await self._feed.draft(id_)
        if found is None:
            raise NotFound(
                "DRAFT_NOT_FOUND",
                f"There is no draft {id_} (any more); upload the file again.",
                {"draft": id_},
            )
        state, outline = found
        answer = _checked(await self._checker.check(wire.draft(state, outline.parts)), id_, f"drafts/{id_}")
        said = [
            pb.CheckDraftResponse.Break(rule=each.rule, field=each.field, text=each.text)
            for each in state.draft.breaks
        ]
        told = list(answer.breaks)
        del answer.breaks[:]
        answer.breaks.extend([*said, *told])
        if state.draft.replaces:
            answer.replaces = f"resources/{state.draft.replaces}"
        return answer

    @override
    async def ExplainAbsence(
        self, request: pb.ExplainAbsenceRequest, context: Context
    ) -> pb.ExplainAbsenceResponse:
        """As the service says."""
        _may_read()
        a = _resource("a", request.a)
        b = _resource("b", request.b) if request.b else ""
        if a == b:
            raise _invalid("b", "Name another resource, or leave it empty.")
        # Both at once: a person waits.
        absence, standings = await asyncio.gather(
            self._library.explain_absence(a, b) if b else self._library.explain_one(a),
            self._feed.standings([a, b] if b else [a]),
        )
        shown = standings[0] if standings else None
        answer = pb.ExplainAbsenceResponse(
            outcome=shown.outcome if shown else absence.outcome,
            text=shown.text if shown else absence.text,
            proposal_key=absence.key,
            standings=standings or (),
            review_known=standings is not None,
        )
        if absence.judgement is not None:
            answer.comparison.CopyFrom(wire.named(wire.comparison(absence.judgement)))
        return answer

    @override
    async def GetProgramOverlap(
        self, request: pb.GetProgramOverlapRequest, context: Context
    ) -> pb.ProgramOverlap:
        """As the service says."""
        _may_read()
        a, b = _named("programs", "a", request.a), _named("programs", "b", request.b)
        found, documents = await self._library.program_overlap(a, b)
        return wire.program_overlap(found, documents)

    @override
    async def GetIndexStatus(self, request: pb.GetIndexStatusRequest, context: Context) -> pb.IndexStatus:
        """As the service says; an administrator without a content role may watch the system too."""
        identity.caller()
        return await self._status.read()


def _checked(found: Checked, id_: str, name: str) -> pb.CheckDraftResponse:
    return pb.CheckDraftResponse(
        nearest=[
            pb.CheckDraftResponse.Nearest(
                resource=f"resources/{each.document.id}",
                title=each.document.title,
                comparison=wire.beside_draft(wire.comparison(each.judgement), id_, name),
                archived=each.document.archived,
                successor=f"resources/{each.successor}" if each.successor else "",
            )
            for each in found.nearest
        ],
        breaks=[
            pb.CheckDraftResponse.Break(
                rule=claim.code, text=claim.text, evidence=wire.claim_evidence(claim, name)
            )
            for claim in found.claims
        ],
        by_meaning=found.by_meaning,
        translations_checked=found.translations_checked,
    )


def _may_read() -> None:
    if not identity.caller().read_content:
        # Whoever may not read content learns nothing of what exists.
        raise NotFound("RESOURCE_NOT_FOUND", "There is nothing here for you.", {"resource": ""})


def _resource(field: str, name: str) -> str:
    return _named("resources", field, name)


def _named(wanted: str, field: str, name: str) -> str:
    collection, _, key = name.partition("/")
    if collection != wanted or not key:
        raise _invalid(field, f"{field} is a name like {wanted}/…")
    return key


def _invalid(field: str, text: str) -> InvalidArgument:
    return InvalidArgument("FIELD_INVALID", text, {"field": field}, violations=[Violation(field, text)])
