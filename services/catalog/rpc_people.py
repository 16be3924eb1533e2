"""gRPC methods about people, and the gateway's own: parse, call one use case, answer."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from services.catalog import wire
from services.catalog.access import viewer
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import (
    credentials,
    handovers,
    identity,
    mode,
    page_settings,
    people,
    people_feeds,
    people_files,
    person_requests,
    presence,
    refusals,
    responsibility,
    strangers,
    waiting,
)
from services.kit import pages
from winnow.catalog.v1 import (
    handover_pb2,
    page_settings_pb2,
    people_feed_pb2,
    person_request_pb2,
    responsibility_mode_pb2,
)
from winnow.catalog.v1 import people_service_pb2 as api
from winnow.catalog.v1.people_service_pb2_grpc import PeopleServiceServicer
from winnow.internal.v1 import identity_service_pb2
from winnow.internal.v1.identity_service_pb2_grpc import IdentityServiceServicer

MAX_PAGE = 200


class PeopleServicer(PeopleServiceServicer):
    """PeopleService."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def GetPerson(self, request: api.GetPersonRequest, context: Any) -> api.Person:
        return wire.person(await people.get_person(self._db, wire.id_of(request.name, "people")))

    @override
    async def ListPeople(self, request: api.ListPeopleRequest, context: Any) -> api.ListPeopleResponse:
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        key = pages.keys(request.page_token, 1, scope=("people",))
        found = await people.list_people(self._db, after=str(key[0]) if key else "", limit=size + 1)
        page, next_ = pages.cut(found, size, lambda last: [people.email_key(last.email)], scope=("people",))
        return api.ListPeopleResponse(people=[wire.person(each) for each in page], next_page_token=next_)

    @override
    async def CreatePerson(self, request: api.CreatePersonRequest, context: Any) -> api.Person:
        caller, given = viewer(), request.person
        roles = tuple(wire.role(each, "person.roles") for each in given.roles)

        async def verb(tx: Transaction) -> api.Person:
            return wire.person(await people.create_person(tx, caller, given.email, given.display_name, roles))

        return await self._db.answer_once(request, caller, api.Person, verb)

    @override
    async def DeactivatePerson(self, request: api.DeactivatePersonRequest, context: Any) -> api.Person:
        id_ = wire.id_of(request.name, "people")
        person, come = await presence.deactivate_person(
            self._db, viewer(), id_, validate_only=request.validate_only
        )
        return wire.person(person, come)

    @override
    async def ReactivatePerson(self, request: api.ReactivatePersonRequest, context: Any) -> api.Person:
        id_ = wire.id_of(request.name, "people")
        return wire.person(await presence.reactivate_person(self._db, viewer(), id_))

    @override
    async def SetAbsence(self, request: api.SetAbsenceRequest, context: Any) -> api.Person:
        id_ = wire.id_of(request.name, "people")
        until = wire.date_of(request.until, "until")
        person, come = await presence.set_absence(
            self._db, viewer(), id_, until, validate_only=request.validate_only
        )
        return wire.person(person, come)

    @override
    async def ListResponsibilities(
        self, request: api.ListResponsibilitiesRequest, context: Any
    ) -> api.ListResponsibilitiesResponse:
        if request.name:
            return wire.responsibilities(
                await responsibility.responsibility_of(self._db, wire.object_name(request.name)), ""
            )
        programs = request.kind != api.ListResponsibilitiesRequest.RESOURCES
        scope = ("responsibilities", programs, request.gaps_only, request.person)
        key = pages.keys(request.page_token, 1, scope=scope)
        page = await responsibility.list_responsibilities(
            self._db,
            programs=programs,
            after=str(key[0]) if key else "",
            limit=pages.size(request.page_size, maximum=MAX_PAGE),
            gaps_only=request.gaps_only,
            person=request.person,
        )
        next_ = pages.token([page.next_], scope=scope) if page.next_ else ""
        return wire.responsibilities(page, next_)

    @override
    async def OfferHandover(self, request: api.OfferHandoverRequest, context: Any) -> handover_pb2.Handover:
        return wire.handover(
            await handovers.offer_handover(
                self._db,
                viewer(),
                wire.object_name(request.name),
                request.receiver,
                validate_only=request.validate_only,
            )
        )

    @override
    async def AcceptHandover(self, request: api.AcceptHandoverRequest, context: Any) -> handover_pb2.Handover:
        id_ = wire.id_of(request.name, "handovers")
        return wire.handover(await handovers.accept_handover(self._db, viewer(), id_))

    @override
    async def DeclineHandover(
        self, request: api.DeclineHandoverRequest, context: Any
    ) -> handover_pb2.Handover:
        id_ = wire.id_of(request.name, "handovers")
        return wire.handover(await handovers.decline_handover(self._db, viewer(), id_))

    @override
    async def ListHandovers(
        self, request: api.ListHandoversRequest, context: Any
    ) -> api.ListHandoversResponse:
        size, scope = pages.size(request.page_size, maximum=MAX_PAGE), ("handovers",)
        key = pages.keys(request.page_token, 1, scope=scope)
        after = str(key[0]) if key else ""
        found = await handovers.list_handovers(self._db, viewer(), after=after, limit=size + 1)
        page, next_ = pages.cut(found, size, lambda last: [last.handover.id], scope=scope)
        return api.ListHandoversResponse(
            handovers=[wire.handover(each) for each in page], next_page_token=next_
        )

    @override
    async def RequestPersonChange(
        self, request: api.RequestPersonChangeRequest, context: Any
    ) -> person_request_pb2.PersonRequest:
        caller = viewer()

        async def verb(tx: Transaction) -> person_request_pb2.PersonRequest:
            asked = wire.new_person_request(request.request, caller, tx.now)
            return wire.person_request(await person_requests.request_change(tx, caller, asked))

        return await self._db.answer_once(request, caller, person_request_pb2.PersonRequest, verb)

    @override
    async def ListPersonRequests(
        self, request: api.ListPersonRequestsRequest, context: Any
    ) -> api.ListPersonRequestsResponse:
        size = pages.size(request.page_size, maximum=MAX_PAGE)
        scope = ("person requests", request.include_resolved)
        key = pages.keys(request.page_token, 1, scope=scope)
        found = await person_requests.list_requests(
            self._db,
            viewer(),
            resolved=request.include_resolved,
            after=str(key[0]) if key else "",
            limit=size + 1,
        )
        page, next_ = pages.cut(found, size, lambda last: [last.request.id], scope=scope)
        return api.ListPersonRequestsResponse(
            requests=[wire.person_request(each) for each in page], next_page_token=next_
        )

    @override
    async def ResolvePersonRequest(
        self, request: api.ResolvePersonRequestRequest, context: Any
    ) -> person_request_pb2.PersonRequest:
        id_, answer = wire.id_of(request.name, "personRequests"), wire.words(request.answer, "answer")
        return wire.person_request(
            await person_requests.resolve_request(
                self._db, viewer(), id_, accept=request.accept, answer=answer
            )
        )

    @override
    async def GetResponsibilityMode(
        self, request: api.GetResponsibilityModeRequest, context: Any
    ) -> responsibility_mode_pb2.ResponsibilityMode:
        return wire.mode(await mode.get_mode(self._db))

    @override
    async def SetResponsibilityMode(
        self, request: api.SetResponsibilityModeRequest, context: Any
    ) -> responsibility_mode_pb2.ModeSwitch:
        wanted = wire.mode_asked(request.mode)
        return wire.mode_switch(
            await mode.set_mode(self._db, viewer(), wanted, validate_only=request.validate_only)
        )

    @override
    async def SetDuties(self, request: api.SetDutiesRequest, context: Any) -> api.SetDutiesResponse:
        name, changes = wire.object_name(request.name), wire.duty_changes(request.changes)
        done = await responsibility.set_duties(
            self._db, viewer(), name, changes, validate_only=request.validate_only
        )
        return wire.duties_set(done)

    @override
    async def GrantRole(self, request: api.GrantRoleRequest, context: Any) -> api.Person:
        id_, role = wire.id_of(request.name, "people"), wire.role(request.role)
        return wire.person(await people.grant_role(self._db, viewer(), id_, role))

    @override
    async def RevokeRole(self, request: api.RevokeRoleRequest, context: Any) -> api.Person:
        id_, role = wire.id_of(request.name, "people"), wire.role(request.role)
        return wire.person(await people.revoke_role(self._db, viewer(), id_, role))

    @override
    async def ImportPeople(self, request: api.ImportPeopleRequest, context: Any) -> api.ImportPeopleResponse:
        done = await people_files.import_people(
            self._db,
            viewer(),
            request.content,
            feed=wire.id_of(request.feed, "peopleFeeds") if request.feed else "",
            validate_only=request.validate_only,
        )
        return wire.people_imported(done)

    @override
    async def RegisterPeopleFeed(
        self, request: people_feed_pb2.RegisterPeopleFeedRequest, context: Any
    ) -> people_feed_pb2.RegisterPeopleFeedResponse:
        caller = viewer()
        (title, roles), ttl = wire.wanted_feed(request.feed), wire.ttl(request.ttl.seconds)

        async def verb(tx: Transaction) -> tuple[str, people_feed_pb2.RegisterPeopleFeedResponse]:
            made = await people_feeds.register_people_feed(tx, caller, title, roles, ttl)
            return f"credentials/{made.feed.id}", wire.registered_feed(made)

        return await self._db.show_once(request, caller, verb)

    @override
    async def GetViewer(self, request: api.GetViewerRequest, context: Any) -> api.Viewer:
        caller = viewer()
        return wire.viewer(caller, await waiting.waiting(self._db, caller))

    @override
    async def GetPageSettings(
        self, request: api.GetPageSettingsRequest, context: Any
    ) -> page_settings_pb2.PageSettings:
        return wire.page_settings(await page_settings.get_page_settings(self._db, viewer()))

    @override
    async def SetPageSettings(
        self, request: api.SetPageSettingsRequest, context: Any
    ) -> page_settings_pb2.PageSettings:
        wanted = wire.wanted_page_settings(request)
        return wire.page_settings(await page_settings.set_page_settings(self._db, viewer(), wanted))

    @override
    async def CreateApiToken(self, request: api.CreateApiTokenRequest, context: Any) -> api.ApiToken:
        caller, ttl = viewer(), wire.ttl(request.ttl.seconds)

        async def verb(tx: Transaction) -> tuple[str, api.ApiToken]:
            made = await people.create_api_token(tx, caller, request.email, ttl, read_only=request.read_only)
            return f"credentials/{made.id}", wire.minted(made)

        return await self._db.show_once(request, caller, verb)

    @override
    async def CreateSignInLink(self, request: api.CreateSignInLinkRequest, context: Any) -> api.SignInLink:
        caller, id_ = viewer(), wire.id_of(request.name, "people")

        async def verb(tx: Transaction) -> tuple[str, api.SignInLink]:
            made = await identity.create_sign_in_link(tx, caller, id_)
            return f"credentials/{made.id}", wire.sign_in_link(made)

        return await self._db.show_once(request, caller, verb)


class IdentityServicer(IdentityServiceServicer):
    """IdentityService, for the gateway alone."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @override
    async def Authenticate(
        self, request: identity_service_pb2.AuthenticateRequest, context: Any
    ) -> identity_service_pb2.AuthenticateResponse:
        return wire.authenticated(await identity.authenticate(self._db, request.credential))

    @override
    async def OpenSession(
        self, request: identity_service_pb2.OpenSessionRequest, context: Any
    ) -> identity_service_pb2.OpenSessionResponse:
        return wire.session(await identity.open_session(self._db, request.link_token))

    @override
    async def OpenSessionForSubject(
        self, request: identity_service_pb2.OpenSessionForSubjectRequest, context: Any
    ) -> identity_service_pb2.OpenSessionResponse:
        who = strangers.Subject(request.issuer, request.subject, request.verified_email)
        return wire.session(await credentials.open_session_for(self._db, who))

    @override
    async def RequestAccess(
        self, request: identity_service_pb2.RequestAccessRequest, context: Any
    ) -> identity_service_pb2.RequestAccessResponse:
        reason = wire.words(request.reason, "reason")
        await strangers.request_access(self._db, request.ticket, reason)
        return identity_service_pb2.RequestAccessResponse()

    @override
    async def CloseSession(
        self, request: identity_service_pb2.CloseSessionRequest, context: Any
    ) -> identity_service_pb2.CloseSessionResponse:
        await credentials.close_session(self._db, request.session)
        return identity_service_pb2.CloseSessionResponse()

    @override
    async def RecordRefusals(
        self, request: identity_service_pb2.RecordRefusalsRequest, context: Any
    ) -> identity_service_pb2.RecordRefusalsResponse:
        await refusals.write_refusals(self._db, wire.refused(request))
        return identity_service_pb2.RecordRefusalsResponse()
