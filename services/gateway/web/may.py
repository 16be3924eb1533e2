"""What each role and duty may do, for everybody to read; a contract test holds it against the policy."""

from __future__ import annotations

COLUMNS = ("ADM", "LL", "ID", "SP", "PO", "ST", "RO")

MAY: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("people", "PeopleService/CreatePerson", ("allow", *["request"] * 6)),
    ("responsible", "PeopleService/ListResponsibilities", ("allow",) * 7),
    ("read", "CatalogService/ListResources", ("none", *["allow"] * 6)),
    ("note", "ReviewService/AddNote", ("none", *["allow"] * 6)),
    ("decide", "ReviewService/AcceptSuggestion", ("none", "allow", "allow", "kinds", "own", "own", "own")),
    ("undo", "ReviewService/UndoSuggestion", ("none", "allow", "approved", "none", "own", "none", "own")),
    ("still", "ReviewService/ConfirmCurrent", ("none", "allow", "allow", "none", "own", "none", "own")),
    ("check_up", "ReviewService/RecordCheckup", ("none", "allow", "allow", "none", "own", "none", "none")),
    ("import", "CatalogService/ImportPackage", ("none", "allow", "allow", "allow", "own", "none", "own")),
    (
        "publish",
        "CatalogService/PublishResource",
        ("none", "allow", "allow", "propose", "own", "none", "own"),
    ),
    (
        "keep_away",
        "ReviewService/CreateSuppression",
        ("none", "allow", "allow", "none", "own", "none", "own"),
    ),
    ("changes", "CatalogService/ListChanges", ("allow", "allow", "allow", "allow", "own", "own", "own")),
    (
        "tell",
        "ReviewService/ExportNoticeLearners",
        ("none", "allow", "allow", "allow", "own", "none", "none"),
    ),
    ("duties", "PeopleService/SetDuties", ("none", "allow", "propose", "propose", "own", "none", "none")),
    ("rules", "CatalogService/SetHouseRules", ("none", "allow", "propose", "none", "none", "none", "none")),
)
"""A key of the catalog of words, the method that does it, and its cell for each of COLUMNS, as in policy.yaml."""
