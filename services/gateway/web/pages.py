"""The review page: its routes, in one table."""

from __future__ import annotations

from starlette.routing import Route

from services.gateway.web import assets
from services.gateway.web.absence import Absence
from services.gateway.web.account import Account
from services.gateway.web.accuracy import Accuracy
from services.gateway.web.activity import Activity
from services.gateway.web.api import Api
from services.gateway.web.bulk import Bulk
from services.gateway.web.changes import Changes
from services.gateway.web.checkup import CheckupPage
from services.gateway.web.frame import Frames
from services.gateway.web.handovers import Handovers
from services.gateway.web.imports import Imports
from services.gateway.web.insights import Insights
from services.gateway.web.keep_away import KeepAway
from services.gateway.web.looks import Looks
from services.gateway.web.mode import Mode
from services.gateway.web.notices import Notices
from services.gateway.web.people import People
from services.gateway.web.person import Person
from services.gateway.web.person_requests import PersonRequests
from services.gateway.web.program import ProgramPage
from services.gateway.web.programs import Programs
from services.gateway.web.publishing import Publishing
from services.gateway.web.resources import Resources
from services.gateway.web.review import Review
from services.gateway.web.rules import Rules
from services.gateway.web.search import Search
from services.gateway.web.sources import SourcesPage
from services.gateway.web.statement import StatementPage
from services.gateway.web.suggestion import SuggestionPage
from services.gateway.web.suppressions import Suppressions
from services.gateway.web.today import Today
from services.gateway.web.verbs import Verbs
from services.gateway.web.webhooks import Webhooks
from services.gateway.web.what_changed import WhatChanged
from services.gateway.web.work import Work


def routes(api: Api, organisation: str = "", public_url: str = "") -> list[Route]:
    """All pages, for the application."""
    frames = Frames(api, organisation)
    looks = Looks(secure=public_url.startswith("https:"))
    today = Today(api, frames, looks)
    review = Review(api, frames, today)
    suggestion = SuggestionPage(api, frames)
    verbs = Verbs(api, suggestion)
    account = Account(api, frames)
    notices = Notices(api, frames)
    statement = StatementPage(api, frames)
    webhooks = Webhooks(api, frames)
    bulk = Bulk(api, frames)
    work = Work(api, frames, suggestion)
    changes = Changes(api, frames)
    programs = Programs(api, frames)
    program = ProgramPage(api, frames)
    checkup = CheckupPage(api, frames)
    resources = Resources(api, frames)
    insights = Insights(api, frames)
    activity = Activity(api, frames)
    suppressions = Suppressions(api, frames)
    absence = Absence(api, frames)
    keep_away = KeepAway(api, frames)
    rules = Rules(api, frames)
    accuracy = Accuracy(api, frames)
    imports = Imports(api, frames)
    people = People(api, frames, public_url.rstrip("/"))
    person = Person(api, frames)
    person_requests = PersonRequests(api, frames)
    handovers = Handovers(api, frames)
    mode = Mode(api, frames)
    search = Search(api, frames)
    sources = SourcesPage(api, frames)
    what_changed = WhatChanged(api, frames)
    publishing = Publishing(api, frames)
    return [
        assets.route(),
        Route("/", today.home, methods=["GET"]),
        Route("/today", today.show, methods=["GET"]),
        Route("/today/{look}", looks.lead, methods=["GET"]),
        Route("/review", review.queue, methods=["GET"]),
        Route("/review/bulk", bulk.show, methods=["GET"]),
        Route("/review/bulk", bulk.decide, methods=["POST"]),
        Route("/review/bulk/undo", bulk.undo, methods=["POST"]),
        Route("/review/batch/exact", work.exact, methods=["GET"]),
        Route("/review/batch/exact", work.decide_exact, methods=["POST"]),
        Route("/review/batch/{batch}/undo", work.undo_exact, methods=["POST"]),
        Route("/review/{id}/ask", work.ask, methods=["POST"]),
        Route("/review/{id}/give", work.give, methods=["POST"]),
        Route("/review/{id}/note", work.note, methods=["POST"]),
        Route("/tasks", work.tasks, methods=["GET"]),
        Route("/tasks/{id}/done", work.done, methods=["POST"]),
        Route("/review/{id}", suggestion.show, methods=["GET"]),
        Route("/review/{id}/keep-away", keep_away.show, methods=["GET"]),
        Route("/review/{id}/keep-away", keep_away.create, methods=["POST"]),
        Route("/review/{id}/accept", verbs.accept, methods=["POST"]),
        Route("/review/{id}/reject", verbs.reject, methods=["POST"]),
        Route("/review/{id}/snooze", verbs.snooze, methods=["POST"]),
        Route("/review/{id}/still", verbs.still, methods=["POST"]),
        Route("/review/{id}/edit", verbs.edit, methods=["POST"]),
        Route("/review/{id}/reopen", verbs.reopen, methods=["POST"]),
        Route("/review/{id}/undo", verbs.undo, methods=["POST"]),
        Route("/review/{id}/object", verbs.object, methods=["POST"]),
        Route("/undo", verbs.undo_last, methods=["POST"]),
        Route("/changes", changes.show, methods=["GET"]),
        Route("/changes.csv", changes.sheet, methods=["GET"]),
        Route("/changes/{id}/done", changes.done, methods=["POST"]),
        Route("/changes/{id}/take-out", changes.take_out, methods=["POST"]),
        Route("/programs", programs.show, methods=["GET"]),
        Route("/programs/{id}", program.show, methods=["GET"]),
        Route("/programs/{id}/stage", program.set_stage, methods=["POST"]),
        Route("/programs/{id}/co-owners", program.co_owners, methods=["POST"]),
        Route("/programs/{id}/note", program.note, methods=["POST"]),
        Route("/programs/{id}/checkup", checkup.show, methods=["GET"]),
        Route("/programs/{id}/checkup", checkup.record, methods=["POST"]),
        Route("/programs/{id}/checkup/assign", checkup.assign, methods=["POST"]),
        Route("/programs/{id}/checkup/file", checkup.file, methods=["POST"]),
        Route("/programs/{id}/checkups/{checkup}", checkup.recorded, methods=["GET"]),
        Route("/resources", resources.show, methods=["GET"]),
        Route("/resources/{id}", resources.one, methods=["GET"]),
        Route("/resources/{id}/note", resources.note, methods=["POST"]),
        Route("/resources/{id}/confirm", resources.confirm, methods=["POST"]),
        Route("/resources/{id}/correct", resources.correct, methods=["POST"]),
        Route("/resources/{id}/retire", resources.retire, methods=["POST"]),
        Route("/resources/{id}/owner", resources.set_owner, methods=["POST"]),
        Route("/insights", insights.show, methods=["GET"]),
        Route("/insights.csv", insights.sheet, methods=["GET"]),
        Route("/statement", statement.show, methods=["GET"]),
        Route("/statement", statement.schedule, methods=["POST"]),
        Route("/statement.csv", statement.sheet, methods=["GET"]),
        Route("/activity", activity.show, methods=["GET"]),
        Route("/activity.csv", activity.sheet, methods=["GET"]),
        Route("/suppressions", suppressions.show, methods=["GET"]),
        Route("/suppressions/new", suppressions.write, methods=["GET"]),
        Route("/suppressions/new", suppressions.create, methods=["POST"]),
        Route("/suppressions/why", absence.show, methods=["GET"]),
        Route("/suppressions/{id}/approve", suppressions.judge, methods=["GET"]),
        Route("/suppressions/{id}/approve", suppressions.approve, methods=["POST"]),
        Route("/suppressions/{id}/restore", suppressions.restore, methods=["POST"]),
        Route("/verdicts", suppressions.verdicts, methods=["GET"]),
        Route("/verdicts/{id}/lift", suppressions.lift, methods=["POST"]),
        Route("/rules", rules.show, methods=["GET"]),
        Route("/rules", rules.set, methods=["POST"]),
        Route("/rules/change", rules.change, methods=["GET"]),
        Route("/accuracy", accuracy.show, methods=["GET"]),
        Route("/accuracy/pace", accuracy.pace, methods=["POST"]),
        Route("/imports", imports.show, methods=["GET"]),
        Route("/imports", imports.upload, methods=["POST"]),
        Route("/imports/{id}/stop", imports.stop, methods=["POST"]),
        Route("/imports/{id}/answer", imports.answer, methods=["POST"]),
        Route("/people", people.show, methods=["GET"]),
        Route("/people", people.add, methods=["POST"]),
        Route("/people/{id}/roles", people.change, methods=["POST"]),
        Route("/people/{id}/link", people.link, methods=["POST"]),
        Route("/people/{id}/remove", people.removal, methods=["GET"]),
        Route("/people/{id}/remove", people.remove, methods=["POST"]),
        Route("/people/{id}/again", people.again, methods=["POST"]),
        Route("/people/{id}/away", person.away, methods=["POST"]),
        Route("/people/requests", person_requests.show, methods=["GET"]),
        Route("/people/requests", person_requests.file, methods=["POST"]),
        Route("/people/requests/{id}", person_requests.answer, methods=["POST"]),
        Route("/people/handovers", handovers.show, methods=["GET"]),
        Route("/people/handovers", handovers.offer, methods=["POST"]),
        Route("/people/handovers/{id}/{verb}", handovers.answer, methods=["POST"]),
        Route("/people/mode", mode.show, methods=["GET"]),
        Route("/people/mode", mode.set, methods=["POST"]),
        Route("/people/{id}", person.show, methods=["GET"]),
        Route("/what-changed", what_changed.show, methods=["GET"]),
        Route("/what-changed/{id}/told", what_changed.tell, methods=["POST"]),
        Route("/what-changed/{id}/match", what_changed.match, methods=["POST"]),
        Route("/what-changed/{id}/learners.csv", what_changed.learners, methods=["GET"]),
        Route("/sources", sources.show, methods=["GET"]),
        Route("/search", search.show, methods=["GET"]),
        Route("/publish", publishing.ask, methods=["GET"]),
        Route("/publish", publishing.upload, methods=["POST"]),
        Route("/publish/text", publishing.check_text, methods=["POST"]),
        Route("/publish/{import}", publishing.files, methods=["GET"]),
        Route("/publish/{import}/{draft}", publishing.draft, methods=["GET"]),
        Route("/publish/{import}/{draft}", publishing.publish, methods=["POST"]),
        Route("/account", account.show, methods=["GET"]),
        Route("/account", account.save, methods=["POST"]),
        Route("/account/notices", notices.show, methods=["GET"]),
        Route("/account/notices", notices.save, methods=["POST"]),
        Route("/webhooks", webhooks.show, methods=["GET"]),
        Route("/webhooks", webhooks.register, methods=["POST"]),
        Route("/webhooks/{id}/{verb}", webhooks.change, methods=["POST"]),
    ]
