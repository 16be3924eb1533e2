"""The review page: its routes, in one table."""

from __future__ import annotations

from starlette.routing import Route

from services.gateway.web import assets
from services.gateway.web.account import Account
from services.gateway.web.api import Api
from services.gateway.web.frame import Frames
from services.gateway.web.review import Review
from services.gateway.web.suggestion import SuggestionPage
from services.gateway.web.verbs import Verbs


def routes(api: Api) -> list[Route]:
    """All pages, for the application."""
    frames = Frames(api)
    review = Review(api, frames)
    suggestion = SuggestionPage(api, frames)
    verbs = Verbs(api, suggestion)
    account = Account(api, frames)
    return [
        assets.route(),
        Route("/", review.home, methods=["GET"]),
        Route("/review", review.queue, methods=["GET"]),
        Route("/review/{id}", suggestion.show, methods=["GET"]),
        Route("/review/{id}/accept", verbs.accept, methods=["POST"]),
        Route("/review/{id}/reject", verbs.reject, methods=["POST"]),
        Route("/review/{id}/snooze", verbs.snooze, methods=["POST"]),
        Route("/review/{id}/still", verbs.still, methods=["POST"]),
        Route("/review/{id}/edit", verbs.edit, methods=["POST"]),
        Route("/review/{id}/reopen", verbs.reopen, methods=["POST"]),
        Route("/review/{id}/undo", verbs.undo, methods=["POST"]),
        Route("/undo", verbs.undo_last, methods=["POST"]),
        Route("/account", account.show, methods=["GET"]),
        Route("/account", account.save, methods=["POST"]),
    ]
