"""The policy says what behaviour.md §2 says, copied from there by hand, as the matrix holds the product to the policy.

Of each action the methods that do it and nothing beside it. Holders of a stage are no column there: they stand in for
the program's owner and never reach further.
"""

from __future__ import annotations

import pytest

from services.catalog import policy
from services.catalog.domain.people import Mode
from services.catalog.policy import Cell, Column, Row

COLUMNS = (Column.ADM, Column.ID, Column.SP, Column.LL, Column.PO, Column.RO)
PEOPLE = (
    *("CreatePerson", "DeactivatePerson", "ReactivatePerson", "GrantRole", "RevokeRole"),
    *("RegisterPeopleFeed", "ImportPeople"),
)
READ = (
    *("GetResource", "ListResources", "GetProgram", "ListPrograms", "QueryEngagement", "GetSuggestion"),
    *("ListSuggestions", "ListNotes", "ListDecisions"),
)
#                                           ADM     ID       SP      LL    PO      RO
TABLE: tuple[tuple[tuple[str, ...], str], ...] = (
    (PEOPLE, "                              allow request request request request request"),
    (("ListResponsibilities",), "           allow   allow    allow   allow allow   allow"),
    (READ, "                                none    allow    allow   allow allow   allow"),
    (("BatchUpsertResources", "PublishResource"), " none allow propose allow own   own"),
    (("RecordEngagement", "AnswerImportQuestion"), "none allow allow allow own     none"),
    (("UpsertSource",), "                   allow   allow    none    allow none    none"),
    (("ConfirmCurrent",), "                 none    allow    none    allow own     own"),
    (("AddNote", "AskOwner", "CreateSuggestion"), " none allow allow allow allow   allow"),
    (
        ("RejectSuggestion", "SnoozeSuggestion", "EditSuggestion", "ReopenSuggestion"),
        "                                   none    allow    kinds   allow own     own",
    ),
    (("CreateSuppression",), "              none    allow    none    allow own     own"),
    (("ApproveSuppression",), "             none    none     none    allow none    none"),
    (("UndoSuggestion", "UndoBatch", "TakeOutChange"), "none approved none allow own own"),
    (("ListChanges", "ExportChangeList", "MarkChangeDone"), "allow allow allow allow own own"),
    (("SetDuties",), "                      none    propose  propose allow own     none"),
    (("OfferHandover",), "                  none    none     none    allow own     own"),
    (("SetHouseRules",), "                  none    propose  none    allow none    none"),
    (("SetResponsibilityMode",), "          allow   propose  none    allow none    none"),
)
ANY_MODE = tuple(Mode)
BY_ROLE, BY_PROGRAM = (Mode.ROLE_BASED,), (Mode.PROGRAM_BASED, Mode.HYBRID)
ACTIONS: tuple[tuple[str, tuple[Mode, ...], str], ...] = (
    # An owner of a program has purview where programs decide.
    ("approve R0", BY_PROGRAM, "            none    allow    kinds   allow own     own"),
    ("approve R0", BY_ROLE, "               none    allow    kinds   allow none    own"),
    ("approve R1", BY_PROGRAM, "            none    allow    none    allow own     own"),
    ("approve R1", BY_ROLE, "               none    allow    none    allow none    own"),
    ("approve R2", BY_PROGRAM, "            none    unowned  none    unowned own   none"),
    ("approve R2", BY_ROLE, "               none    allow    none    allow none    none"),
    ("approve R3, first", ANY_MODE, "       none    none     none    allow none    none"),
    ("approve R3, second", BY_PROGRAM, "    none    unowned  none    unowned own   none"),
    ("approve R3, second", BY_ROLE, "       none    allow    none    allow none    none"),
    ("add a source", ANY_MODE, "            allow   none     none    none  none    none"),
    # As the review and the hold that they set.
    ("refuse as still_accurate or required", ANY_MODE, "none allow none allow own   own"),
    ("suppress by filter", ANY_MODE, "      none    propose  none    allow propose none"),
    ("restore what is suppressed by filter", ANY_MODE, "none authored none allow authored none"),
    ("set the owner of a resource", ANY_MODE, "none propose propose  allow alone   none"),
)
OF_ADMINISTRATORS_TOO = {
    *("ListSources", "UpsertSource", "GetHouseRules", "ListChanges", "MarkChangeDone", "ExportChangeList"),
    *("ListAuditEntries", "RegisterWebhook", "ListWebhooks", "EnableWebhook", "RemoveWebhook"),
}
"""Beside people: the system's part, the change list, and what the log says of both."""


def row(method: str) -> Row:
    (found,) = [each for path, each in policy.METHODS.items() if path.endswith(f"/{method}")]
    return found


def said(cells: str) -> dict[Column, Cell]:
    return dict(zip(COLUMNS, map(Cell, cells.split()), strict=True))


def written(found: Row) -> dict[Column, Cell]:
    return {column: found.cells[column] for column in COLUMNS}


@pytest.mark.parametrize(("method", "cells"), [(name, cells) for names, cells in TABLE for name in names])
def test_a_method_is_for_whom_the_behaviour_names(method: str, cells: str) -> None:
    assert written(row(method)) == said(cells)
    assert not row(method).everyone


@pytest.mark.parametrize(("action", "modes", "cells"), ACTIONS)
def test_an_action_is_for_whom_the_behaviour_names(action: str, modes: tuple[Mode, ...], cells: str) -> None:
    for mode in modes:
        assert written(policy.ACTIONS[action][mode]) == said(cells), mode


def test_the_behaviour_names_every_action_in_every_mode() -> None:
    named = [(action, mode) for action, modes, _ in ACTIONS for mode in modes]
    assert sorted(named) == sorted(
        (action, mode) for action, modes in policy.ACTIONS.items() for mode in modes
    )


def test_people_are_written_by_administrators_alone_and_content_never_by_being_one() -> None:
    theirs = {
        path for path, each in policy.METHODS.items() if each.cells[Column.ADM].entitles and not each.everyone
    }
    of_people = {path for path in theirs if "PeopleService/" in path}
    assert {path.rpartition("/")[2] for path in theirs - of_people} == OF_ADMINISTRATORS_TOO
    alone = {
        path.rpartition("/")[2]
        for path in theirs
        if not any(policy.METHODS[path].cells[column].entitles for column in Column if column != Column.ADM)
    }
    assert alone == {*PEOPLE, "CreateSignInLink", "RegisterWebhook", "EnableWebhook", "RemoveWebhook"}


def test_a_stage_reaches_no_further_than_its_program() -> None:
    actions = [each for modes in policy.ACTIONS.values() for each in modes.values()]
    for each in (*policy.METHODS.values(), *actions):
        assert each.cells[Column.ST] in (each.cells[Column.PO], Cell.NONE)
