"""gRPC methods of the core: parse, call one use case, answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from typing_extensions import override

from services.catalog import watching, wire
from services.catalog.access import viewer
from services.catalog.postgres.changes import Table
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review.insights import Surveyor
from services.catalog.rpc_changes import ChangeMethods
from services.catalog.rpc_engagement import LearningMethods
from services.catalog.rpc_insights import InsightMethods
from services.catalog.rpc_publishing import Publishing
from services.catalog.usecases import (
    announcements,
    export,
    house_rules,
    imports,
    programs,
    publishing,
    resources,
    status,
)
from services.catalog.wire.fields import date_of
from services.kit import pages
from winnow.catalog.v1 import (
    announcement_pb2,
    house_rules_pb2,
    import_pb2,
    program_pb2,
    resource_pb2,
    source_pb2,
)
from winnow.catalog.v1 import catalog_service_pb2 as api

MAX_PAGE = 200
NEWEST = 1 << 62


def _size(asked: int) -> int:
    return pages.size(asked, maximum=MAX_PAGE)


def _after(page_token: str, *scope: object) -> str:
    key = pages.keys(page_token, 1, scope=scope)
    return "" if key is None else str(key[0])


class CatalogServicer(Publishing, ChangeMethods, LearningMethods, InsightMethods):
    """CatalogService."""

    def __init__(self, database: Database, due_plans: status.DuePlans, lag: status.Lag) -> None:
        self._db = database
        self._surveyor = Surveyor()
        self._due_plans = due_plans
        self._lag = lag

    @override
    async def GetResource(self, request: api.GetResourceRequest, context: Any) -> resource_pb2.Resource:
        id_ = wire.id_of(request.name, "resources")
        with_outline = request.view != api.GetResourceRequest.BASIC
        return wire.read_resource(await resources.get_resource(self._db, id_, with_outline=with_outline))

    @override
    async def BatchGetResources(
        self, request: api.BatchGetResourcesRequest, context: Any
    ) -> api.BatchGetResourcesResponse:
        ids = wire.ids_of(request.names, "resources")
        found = await resources.get_resources(self._db, ids)
        return api.BatchGetResourcesResponse(
            resources={f"resources/{id_}": wire.resource(each) for id_, each in found.items()}
        )

    @override
    async def ListResources(
        self, request: api.ListResourcesRequest, context: Any
    ) -> api.ListResourcesResponse:
        lifecycle, age = wire.wanted_lifecycle(request.lifecycle), wire.wanted_age(request.age)
        owned = request.owned if request.HasField("owned") else None
        only = resources.Only(lifecycle, request.kind, age, owned, request.rot, request.without_kind)
        scope = ("resources", request.source, request.external_id, only)
        size = _size(request.page_size)
        found = await resources.list_resources(
            self._db,
            after=_after(request.page_token, *scope),
            limit=size + 1,
            source=request.source,
            external_id=request.external_id,
            only=only,
        )
        page, next_ = pages.cut(found, size, lambda last: [last.id], scope=scope)
        return api.ListResourcesResponse(
            resources=[wire.resource(each) for each in page], next_page_token=next_
        )

    @override
    async def BatchUpsertResources(
        self, request: api.BatchUpsertResourcesRequest, context: Any
    ) -> api.BatchUpsertResourcesResponse:
        caller = viewer()
        source = resources.check_source_name(request.source, "source")
        incoming = [
            wire.incoming(each, source, f"resources[{number}]")
            for number, each in enumerate(request.resources)
        ]

        async def verb(tx: Transaction) -> api.BatchUpsertResourcesResponse:
            return wire.upserted(await resources.upsert_resources(tx, caller, source, incoming))

        return await self._db.answer_once(request, caller, api.BatchUpsertResourcesResponse, verb)

    @override
    async def GetProgram(self, request: api.GetProgramRequest, context: Any) -> program_pb2.Program:
        return wire.program(await programs.get_program(self._db, wire.id_of(request.name, "programs")))

    @override
    async def ListPrograms(self, request: api.ListProgramsRequest, context: Any) -> api.ListProgramsResponse:
        size = _size(request.page_size)
        ids = wire.ids_of(request.names, "programs")
        holding = wire.ids_of(request.holding, "resources", "holding")
        scope = ("programs", *(("only", ids, holding) if ids or holding else ()))
        after = _after(request.page_token, *scope)
        found = await programs.list_programs(self._db, after=after, limit=size + 1, ids=ids, holding=holding)
        page, next_ = pages.cut(found, size, lambda last: [last.id], scope=scope)
        shown = wire.program_in_short if request.view == api.ListProgramsRequest.BASIC else wire.program
        return api.ListProgramsResponse(programs=[shown(each) for each in page], next_page_token=next_)

    @override
    async def UpsertProgram(self, request: api.UpsertProgramRequest, context: Any) -> program_pb2.Program:
        given = request.program
        observed = wire.observed_program(given)
        saved = await programs.upsert_program(
            self._db, viewer(), given.source, given.key, observed, given.etag
        )
        return wire.program(saved)

    @override
    async def ListSources(self, request: api.ListSourcesRequest, context: Any) -> api.ListSourcesResponse:
        size = _size(request.page_size)
        after = _after(request.page_token, "sources")
        found = await programs.list_sources(self._db, after=after, limit=size + 1)
        page, next_ = pages.cut(found, size, lambda last: [last.display_name], scope=("sources",))
        return api.ListSourcesResponse(sources=[wire.source(each) for each in page], next_page_token=next_)

    @override
    async def UpsertSource(self, request: api.UpsertSourceRequest, context: Any) -> source_pb2.Source:
        given = request.source
        saved = await programs.upsert_source(
            self._db,
            viewer(),
            given.display_name,
            rhythm_days=given.rhythm_days,
            no_learners=given.no_learners,
        )
        return wire.source(saved)

    @override
    async def ImportPackage(
        self, request_iterator: AsyncIterator[import_pb2.ImportPackageRequest], context: Any
    ) -> import_pb2.Import:
        caller = viewer()
        first = await anext(aiter(request_iterator), None)
        if first is None or first.WhichOneof("content") != "start":
            raise wire.bad_field("start", "must come first")
        start = first.start
        delivery = imports.Delivery(start.source, start.validate_only, start.complete)
        once = {"principal": caller.person.id, "request_id": start.request_id, "method": caller.method}
        async with self._db.transaction() as tx:
            earlier = await tx.earlier(start, import_pb2.Import, **once)
            if earlier is None:
                received = await imports.receive(tx, caller, delivery, _pieces(request_iterator))
                answer = wire.import_(received)
                await tx.keep(start, answer, **once)
                return answer
        return wire.import_(await imports.get_import(self._db, wire.id_of(earlier.name, "imports")))

    @override
    async def GetImport(self, request: api.GetImportRequest, context: Any) -> import_pb2.Import:
        found = await imports.get_import(self._db, wire.id_of(request.name, "imports"))
        return wire.import_(found, await publishing.drafts_of(self._db, found))

    @override
    async def ListImports(self, request: api.ListImportsRequest, context: Any) -> api.ListImportsResponse:
        size = _size(request.page_size)
        key = pages.keys(request.page_token, 1, scope=("imports",))
        before = NEWEST if key is None else int(key[0] or 0)
        found = await imports.list_imports(self._db, before=before, limit=size + 1)
        page, next_ = pages.cut(found, size, lambda last: [last.number], scope=("imports",))
        return api.ListImportsResponse(imports=[wire.import_(each) for each in page], next_page_token=next_)

    @override
    async def WatchImports(
        self, request: api.WatchImportsRequest, context: Any
    ) -> AsyncIterator[api.WatchImportsResponse]:
        async for bite in watching.follow(self._db, Table.IMPORTS, request.resume_token):
            found = await imports.get_imports(self._db, bite.ids) if bite.ids else []
            yield api.WatchImportsResponse(
                imports=[wire.import_(each) for each in found], resume_token=bite.token
            )

    @override
    async def AnswerImportQuestion(
        self, request: api.AnswerImportQuestionRequest, context: Any
    ) -> import_pb2.Import:
        id_ = wire.id_of(request.name, "imports")
        answered = await imports.answer_question(self._db, viewer(), id_, request.question, request.choice)
        return wire.import_(answered)

    @override
    async def StopImport(self, request: api.StopImportRequest, context: Any) -> import_pb2.Import:
        id_ = wire.id_of(request.name, "imports")
        return wire.import_(await imports.stop(self._db, viewer(), id_))

    @override
    async def SetHold(self, request: api.SetHoldRequest, context: Any) -> resource_pb2.Resource:
        id_ = wire.id_of(request.name, "resources")
        end = date_of(request.end, "end") if request.HasField("end") else None
        return wire.resource(await resources.set_hold(self._db, viewer(), id_, request.reason, end))

    @override
    async def AnnounceChange(
        self, request: api.AnnounceChangeRequest, context: Any
    ) -> announcement_pb2.Announcement:
        caller = viewer()

        async def verb(tx: Transaction) -> announcement_pb2.Announcement:
            new = wire.new_announcement(
                request.announcement, author=caller.person.id, today=self._db.clock.today(), now=tx.now
            )
            return wire.announcement(await announcements.announce_change(tx, caller, new))

        return await self._db.answer_once(request, caller, announcement_pb2.Announcement, verb)

    @override
    async def CloseAnnouncement(
        self, request: api.CloseAnnouncementRequest, context: Any
    ) -> announcement_pb2.Announcement:
        id_ = wire.id_of(request.name, "announcements")
        return wire.announcement(await announcements.close_announcement(self._db, viewer(), id_))

    @override
    async def ListAnnouncements(
        self, request: api.ListAnnouncementsRequest, context: Any
    ) -> api.ListAnnouncementsResponse:
        size = _size(request.page_size)
        scope = ("announcements", request.include_closed)
        found = await announcements.list_announcements(
            self._db,
            after=_after(request.page_token, *scope),
            limit=size + 1,
            include_closed=request.include_closed,
        )
        page, next_ = pages.cut(found, size, lambda last: [last.id], scope=scope)
        return api.ListAnnouncementsResponse(
            announcements=[wire.announcement(each) for each in page], next_page_token=next_
        )

    @override
    async def GetHouseRules(
        self, request: api.GetHouseRulesRequest, context: Any
    ) -> house_rules_pb2.HouseRules:
        return wire.house_rules(await house_rules.get_house_rules(self._db))

    @override
    async def SetHouseRules(
        self, request: api.SetHouseRulesRequest, context: Any
    ) -> house_rules_pb2.HouseRules:
        wanted, fields = wire.wanted_house_rules(request)
        etag = request.house_rules.etag
        saved = await house_rules.set_house_rules(self._db, viewer(), wanted, fields=fields, etag=etag)
        return wire.house_rules(saved)

    @override
    async def ImportRetirementList(
        self, request: api.ImportRetirementListRequest, context: Any
    ) -> house_rules_pb2.HouseRules:
        name, lines = wire.retirement_list(request)
        saved = await house_rules.import_retirement_list(self._db, viewer(), name, lines)
        return wire.house_rules(saved)

    @override
    async def ExportCatalog(
        self, request: api.ExportCatalogRequest, context: Any
    ) -> api.ExportCatalogResponse:
        as_csv = request.format == api.ExportCatalogRequest.CSV
        scope = ("export", as_csv)
        key = pages.keys(request.page_token, 3, scope=scope)
        after = None if key is None else (str(key[0]), str(key[1]), str(key[2]))
        page = await export.export_page(self._db, after, as_csv=as_csv)
        next_ = pages.token(page.next_, scope=scope) if page.next_ else ""
        return api.ExportCatalogResponse(content=page.content, next_page_token=next_)

    @override
    async def GetProcessingStatus(
        self, request: api.GetProcessingStatusRequest, context: Any
    ) -> api.ProcessingStatus:
        return wire.status(await status.processing_status(self._db, self._due_plans, self._lag))


async def _pieces(
    stream: AsyncIterator[import_pb2.ImportPackageRequest],
) -> AsyncIterator[imports.FileBegins | bytes]:
    async for message in stream:
        kind = message.WhichOneof("content")
        if kind == "file":
            yield imports.FileBegins(message.file.path)
        elif kind == "chunk":
            yield message.chunk
        else:
            raise wire.bad_field("start", "must come first and once")
