"""What the caller may do to one suggestion as it stands: the policy's rows, in the states that have the verb."""

from __future__ import annotations

from services.catalog.domain.people import Viewer
from services.catalog.policy import METHODS, About
from services.catalog.review import routing, wire
from services.catalog.review.domain import State

DECIDES = "/winnow.review.v1.ReviewService/AcceptSuggestion"
_UNDO = METHODS["/winnow.review.v1.ReviewService/UndoSuggestion"]
_REOPEN = METHODS["/winnow.review.v1.ReviewService/ReopenSuggestion"]
_REVOKE = METHODS["/winnow.review.v1.ReviewService/RevokeApproval"]
_OBJECT = METHODS["/winnow.review.v1.ReviewService/FileObjection"]
_SUPPRESS = METHODS["/winnow.review.v1.ReviewService/CreateSuppression"]


def rights(viewer: Viewer, shown: wire.Shown) -> wire.Rights:
    """By the viewer's roles, duties and approvals; what else stands in the way is told by the verb."""
    value = shown.suggestion
    about = routing.standing(viewer, value, shown.around)
    decides = METHODS[DECIDES].allows(viewer, about)
    return wire.Rights(
        decide=decides,
        # A plan without parts takes no yes: whoever may decide is told what it lacks.
        accept=viewer.person.id in shown.approvers if value.plan.parts else decides,
        undo=value.state is State.APPLIED and _UNDO.allows(viewer, about),
        reopen=value.reopens and _REOPEN.allows(viewer, about),
        revoke=may_revoke(viewer, value.state, about),
        object=value.state is State.SCHEDULED and _OBJECT.allows(viewer, about),
        suppress=not value.proposal.hard and _SUPPRESS.allows(viewer, about),
    )


def may_revoke(viewer: Viewer, state: State, about: About) -> bool:
    """Whether the viewer has a yes of their own to take back, of a suggestion in that state."""
    return state in (State.OPEN, State.SCHEDULED) and _REVOKE.allows(viewer, about)
