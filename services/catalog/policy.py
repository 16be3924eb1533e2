"""Who may call what: one table, read before a request's body is (behaviour.md §2).

Purview over one object ("own") is judged by the use case that has the object; the table only says that a duty
may be enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog.domain.people import CONTENT_ROLES, Role, Viewer
from services.kit.errors import NotFound, PermissionDenied

_CATALOG = "/winnow.catalog.v1.CatalogService/"
_PEOPLE = "/winnow.catalog.v1.PeopleService/"
_REVIEW = "/winnow.review.v1.ReviewService/"

ADM, LL = Role.ADMINISTRATOR, Role.LEARNING_LEADER
ID, SP = Role.INSTRUCTIONAL_DESIGNER, Role.SPECIALIST

_WORDS = {
    ADM: "an administrator",
    LL: "a learning leader",
    ID: "an instructional designer",
    SP: "a specialist",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a method: holders of a role, whoever has a duty (`own`), or every signed-in person (`anyone`).

    `reads` marks methods without effect, which a read-only token may call. `conceals` names the reason with
    which a method that names one object refuses whoever may not read content: as if the object did not exist.
    """

    roles: frozenset[Role] = frozenset()
    own: bool = False
    anyone: bool = False
    reads: bool = False
    conceals: str = ""

    @property
    def who_can(self) -> str:
        """The rule in words."""
        if self.anyone:
            return "everyone who is signed in"
        words = [_WORDS[role] for role in Role if role in self.roles]
        if self.own:
            words.append("its owner")
        return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _rule(*roles: Role, own: bool = False, reads: bool = False, conceals: str = "") -> Rule:
    return Rule(frozenset(roles), own=own, reads=reads, conceals=conceals)


def _read(conceals: str = "", *also: Role) -> Rule:
    return _rule(*CONTENT_ROLES, *also, own=True, reads=True, conceals=conceals)


def _decide() -> Rule:
    return _rule(LL, ID, SP, own=True, conceals="SUGGESTION_NOT_FOUND")


RULES: dict[str, Rule] = {
    _CATALOG + "GetResource": _read("RESOURCE_NOT_FOUND"),
    _CATALOG + "ListResources": _read(),
    _CATALOG + "BatchUpsertResources": _rule(LL, ID, own=True),
    _CATALOG + "GetProgram": _read("PROGRAM_NOT_FOUND"),
    _CATALOG + "ListPrograms": _read(),
    _CATALOG + "UpsertProgram": _rule(LL, ID, own=True),
    _CATALOG + "ListSources": _read("", ADM),
    _CATALOG + "UpsertSource": _rule(ADM, LL, ID),
    # A specialist brings engagement; content files of theirs are refused one by one.
    _CATALOG + "ImportPackage": _rule(LL, ID, SP),
    _CATALOG + "GetImport": _read("IMPORT_NOT_FOUND"),
    _CATALOG + "ListImports": _read(),
    _CATALOG + "AnswerImportQuestion": _rule(LL, ID, SP, conceals="IMPORT_NOT_FOUND"),
    _CATALOG + "SetHold": _rule(LL, ID, own=True, conceals="RESOURCE_NOT_FOUND"),
    # As filing a suggestion: whoever works on content may tell of a change, and close what they told.
    _CATALOG + "AnnounceChange": _rule(LL, ID, SP, own=True),
    _CATALOG + "CloseAnnouncement": _rule(LL, ID, SP, own=True, conceals="ANNOUNCEMENT_NOT_FOUND"),
    _CATALOG + "ListAnnouncements": _read(),
    _CATALOG + "GetHouseRules": _read("", ADM),
    _CATALOG + "SetHouseRules": _rule(LL),
    _CATALOG + "ImportRetirementList": _rule(LL),
    _CATALOG + "ListChanges": _read("", ADM),
    _CATALOG + "ExportCatalog": _read(),
    _CATALOG + "GetProcessingStatus": Rule(anyone=True, reads=True),
    _PEOPLE + "GetPerson": Rule(anyone=True, reads=True),
    _PEOPLE + "ListPeople": Rule(anyone=True, reads=True),
    _PEOPLE + "CreatePerson": _rule(ADM),
    _PEOPLE + "DeactivatePerson": _rule(ADM),
    _PEOPLE + "GrantRole": _rule(ADM),
    _PEOPLE + "RevokeRole": _rule(ADM),
    _PEOPLE + "ImportPeople": _rule(ADM),
    _PEOPLE + "GetViewer": Rule(anyone=True, reads=True),
    _PEOPLE + "CreateApiToken": Rule(anyone=True),
    _REVIEW + "GetSuggestion": _read("SUGGESTION_NOT_FOUND"),
    _REVIEW + "ListSuggestions": _read(),
    _REVIEW + "AcceptSuggestion": _decide(),
    _REVIEW + "RejectSuggestion": _decide(),
    _REVIEW + "SnoozeSuggestion": _decide(),
    _REVIEW + "UndoSuggestion": _decide(),
    _REVIEW + "ReopenSuggestion": _decide(),
    _REVIEW + "EditSuggestion": _decide(),
    _REVIEW + "RevokeApproval": _decide(),
    _REVIEW + "SimulatePlan": _read("SUGGESTION_NOT_FOUND"),
    _REVIEW + "ListDecisions": _read(),
    _REVIEW + "GetReliability": _read(),
    _REVIEW + "SuspendKind": _rule(LL),
    _REVIEW + "ResumeKind": _rule(LL),
}
"""Every method that the gateway forwards here; one without a row is refused (a test finds it)."""

_NO_ONE = Rule()


def check(viewer: Viewer, method: str) -> None:
    """Returns if the viewer may call the method at all.

    PermissionDenied with `who_can` if not; NotFound instead, whatever exists, for whoever may not even read.
    """
    rule = RULES.get(method, _NO_ONE)
    allowed = rule.anyone or viewer.person.has(*rule.roles) or (rule.own and bool(viewer.duties))
    if not allowed:
        if rule.conceals and not viewer.reads_content:
            raise NotFound(rule.conceals, "There is nothing by that name.")
        raise denied(method, rule.who_can or "nobody")
    if viewer.read_only and not rule.reads:
        raise PermissionDenied(
            "TOKEN_READ_ONLY",
            "This token can only read.",
            {"who_can": "the same person with a token that can write", "method": method},
        )


def check_own(viewer: Viewer, method: str, *, owned: bool) -> None:
    """PermissionDenied unless the viewer's role allows the method on everything, or the object is theirs."""
    rule = RULES[method]
    if not (viewer.person.has(*rule.roles) or owned):
        raise denied(method, rule.who_can)


def denied(method: str, who_can: str) -> PermissionDenied:
    """The refusal that says who may."""
    name = method.rpartition("/")[2]
    return PermissionDenied("NOT_ALLOWED", f"{name} is for {who_can}.", {"who_can": who_can, "method": name})
