"""Writes `answer_key.json`: what was planted in the sample, by the ids that an import gives.

`python -m tests.sample.make_key`. Members are named by their source text (`courses/…`, `handbook/…`, `academy/…`), rows
of the LMS and of the academy's workbook by id. Pairs that follow from planted ones are added and marked `derived`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from samples import build, texts

KEY = Path(__file__).parent / "answer_key.json"

IDENTICAL = [
    ("courses/confined-space-awareness", "courses/confined-space-awareness-foxholme", "exported twice"),
    ("courses/phishing", "courses/phishing-archive-copy", "one manifest identifier in two folders"),
    ("courses/vulnerable-customers", "courses/vulnerable-customers-2004", "published again as SCORM 2004"),
    ("handbook/it/connecting-from-home", "handbook/field/remote-access", "page copied, other title"),
    ("handbook/people/annual-leave", "handbook/managers/annual-leave", "page copied, other title"),
    ("courses/hand-arm-vibration", "handbook/safety/hand-arm-vibration", "package and page"),
    ("handbook/safety/pollution-incident", "academy/pollution-incident", "two systems, other title"),
    ("courses/manual-handling", "academy/manual-handling", "two systems; the first is mandatory"),
    ("lms/FA-001", "lms/FA-011", "one classroom day listed twice by different people"),
]
# The older first.
REVISED = [
    ("courses/lone-working-2022", "academy/lone-working", "newer text in the other system"),
    ("courses/permit-to-work-v2", "courses/permit-to-work-v3", "substantially revised"),
    ("courses/chlorine-gas-v1", "courses/chlorine-gas-v2", "second edition; the older is the mandatory one"),
    ("courses/ohs-18001-awareness", "courses/ohs-45001-awareness", "another standard"),
    ("courses/sampling-ed2", "courses/sampling-ed3", "editions, both mandatory"),
    ("courses/infosec-2024", "courses/infosec-2025", "yearly edition"),
    ("courses/infosec-2025", "courses/infosec-2026", "yearly edition"),
    ("courses/excel-2016", "courses/excel-365", "newer product"),
    ("courses/gdpr-2021", "courses/gdpr-2025", "lightly revised"),
    ("courses/performance-reviews-2023", "courses/performance-reviews-2025", "substantially revised"),
    ("courses/expenses-2023", "handbook/people/expenses", "course became a page"),
    ("handbook/it/telemetry-login", "handbook/it/telemetry-access", "new sign-in"),
]
# The first is inside the second.
CONTAINED = [
    ("courses/gas-detector-bump-test", "courses/confined-space-awareness", "a page of it"),
    ("courses/manual-handling-lift", "courses/manual-handling", "a page of it, edited"),
    ("courses/signing-lighting-guarding", "courses/working-in-the-road", "a page of it, edited"),
    ("courses/handling-hypochlorite", "courses/treatment-chemicals", "a page of it, word for word"),
    ("courses/settled-sludge-test", "courses/activated-sludge-control", "a page of it"),
    ("courses/listening-stick", "courses/leakage-detection-techniques", "a page of it, shortened"),
    ("courses/password-basics", "courses/infosec-2025", "a page of it"),
    ("courses/password-basics", "courses/infosec-2026", "a page of it"),
    ("courses/meter-reading", "courses/field-customer-technician", "a page of it, edited"),
    ("courses/screen-setup", "courses/office-induction", "a page of it, shortened"),
]
OVERLAP = [
    ("courses/working-near-water", "academy/bankside-work", "two pages shared"),
    ("courses/pump-maintenance", "courses/borehole-operations", "one page shared"),
    ("courses/complaints-handling", "courses/billing-calls", "one page shared"),
    ("courses/contractor-induction", "courses/visitor-hosting", "one page shared, edited"),
]
SAME_ITEM = [
    ("lms/NW-405", "courses/pressure-management", "row and package, nothing names the other"),
    ("lms/WW-303", "courses/sludge-presses", "row and package, nothing names the other"),
    ("lms/FA-001", "academy/WDA-101", "one course of a provider in two systems"),
    ("lms/SW-001", "academy/WDA-102", "one course of a provider in two systems"),
    ("lms/SW-002", "academy/WDA-103", "one course of a provider in two systems"),
    ("lms/CS-002", "academy/WDA-104", "one course of a provider in two systems"),
    ("lms/DR-007", "academy/WDA-105", "one course of a provider in two systems"),
    ("lms/AP-001", "academy/WDA-106", "one course of a provider in two systems"),
    ("lms/LIB-01", "academy/WDA-107", "one link in two systems"),
]
TRANSLATED = [
    ("courses/network-hygiene", "courses/network-hygiene-es", "Spanish"),
    ("courses/contractor-induction", "courses/contractor-induction-es", "Spanish"),
    ("courses/phishing", "courses/phishing-de", "German"),
]
SAME_TOPIC = [
    ("courses/confined-space-awareness", "courses/confined-space-top-person", "another role"),
    ("courses/confined-space-awareness", "lms/CS-002", "e-learning and practical"),
    ("courses/confined-space-awareness", "academy/gas-safety-sewers", "other text on gases"),
    ("courses/giving-feedback", "academy/feedback-ten-minutes", "other text"),
    ("courses/mental-health-managers", "handbook/people/looking-after-yourself", "another audience"),
    ("courses/leakage-detection-techniques", "courses/step-testing", "another method"),
    ("courses/chlorine-gas-v2", "courses/chlorine-residual-dpd", "gas and measurement"),
    ("courses/chlorine-gas-v2", "lms/CH-001", "theory and assessment"),
    ("courses/phishing", "courses/infosec-2026", "other text on mail"),
    ("courses/phishing", "courses/ot-security", "another field of security"),
    ("courses/gdpr-2025", "courses/subject-access", "basics and one right"),
    ("courses/welcome", "courses/office-induction", "company and building"),
    ("courses/manual-handling", "handbook/safety/team-lifts-stores", "other text"),
    ("courses/winter-driving", "courses/towing-trailers", "another kind of driving"),
    ("courses/performance-reviews-2025", "courses/giving-feedback", "other text"),
    ("courses/coaching-conversations", "courses/giving-feedback", "other text"),
    ("courses/meter-reading", "handbook/network/meter-exchange", "other text"),
    ("courses/biogas-explosion-risk", "academy/gas-safety-sewers", "other text"),
    ("courses/jar-test", "courses/treatment-chemicals", "other text"),
    ("courses/discolouration", "courses/mains-repair", "other text"),
    ("courses/sewer-flooding", "academy/overflows", "other text"),
    ("handbook/customer/leak-allowance", "courses/billing-calls", "other text"),
    ("handbook/customer/bogus-callers", "courses/field-customer-technician", "other text"),
    ("lms/FA-001", "lms/FA-003", "one day and three days"),
    ("lms/FA-003", "lms/FA-004", "course and refresher"),
    ("lms/SW-001", "lms/SW-002", "operative and supervisor"),
    ("lms/FN-001", "academy/budget-basics", "webinar and page"),
]
# Reasons besides a newer edition, which REVISED gives.
OUTDATED = [
    ("handbook/it/new-laptop", "product", "Windows 10"),
    ("handbook/it/timesheets", "product", "Internet Explorer"),
    ("handbook/it/supplier-security", "standard", "ISO/IEC 27001:2013"),
    ("handbook/it/data-transfers", "standard", "Privacy Shield"),
    ("courses/ohs-18001-awareness", "standard", "OHSAS 18001"),
    ("courses/excel-2016", "product", "Excel 2016"),
    ("handbook/people/depot-move", "dated_statement", "in the week of 4 November 2024"),
    ("handbook/network/meter-exchange", "dated_statement", "will end on 31 March 2026"),
    ("handbook/customer/social-tariff", "dated_statement", "close on 31 January 2025"),
    ("handbook/managers/probation", "review_due", ""),
    ("handbook/people/flexible-working", "review_due", ""),
    ("handbook/safety/fire-drill", "review_due", ""),
    ("courses/towing-trailers", "review_due", ""),
    ("courses/discolouration", "review_due", ""),
    ("courses/slow-sand-filters", "review_due", ""),
    ("lms/DR-007", "review_due", ""),
    ("lms/PM-001", "review_due", ""),
    ("academy/budget-basics", "review_due", ""),
]
# `optional`: right if found; which of two equals should stay is a close call.
PROGRAMS: list[tuple[str, str, str, bool]] = [
    ("PG-INDUCTION", "replace", "courses/infosec-2025", False),
    ("PG-ADVISOR", "replace", "courses/infosec-2025", False),
    ("PG-OPS-SAFETY", "replace", "courses/permit-to-work-v2", False),
    ("PG-NETWORK", "replace", "courses/ohs-18001-awareness", False),
    ("PG-DIGITAL", "replace", "courses/excel-2016", False),
    ("PG-MANAGER", "replace", "courses/performance-reviews-2023", False),
    ("PG-WASTEWATER", "replace", "courses/confined-space-awareness-foxholme", False),
    ("PG-ADVISOR", "replace", "courses/vulnerable-customers", True),
    ("PG-FIELDCUST", "replace", "courses/vulnerable-customers", True),
    ("PG-OPS-SAFETY", "replace", "courses/lone-working-2022", True),
    ("PG-FIELDCUST", "replace", "courses/lone-working-2022", True),
    ("PG-INDUCTION", "drop", "courses/screen-setup", False),
    ("PG-OPS-SAFETY", "drop", "courses/gas-detector-bump-test", False),
    ("PG-TREATMENT", "drop", "courses/handling-hypochlorite", False),
    ("PG-LEAKAGE", "drop", "courses/listening-stick", False),
    ("PG-STREETWORKS", "drop", "courses/signing-lighting-guarding", False),
    ("PG-FIELDCUST", "drop", "courses/meter-reading", False),
    ("PG-YEARLY", "drop", "courses/password-basics", False),
]
QUIET = [
    ("courses/winter-driving", "used from October to January only"),
    ("courses/phishing", "used in September and October"),
    ("courses/anti-bribery", "a yearly course"),
    ("courses/gdpr-2025", "a yearly course"),
    ("courses/radiation-density-gauges", "rare and mandatory"),
    ("lms/CH-001", "rare and mandatory"),
    ("lms/EL-003", "rare and mandatory"),
]
# Pairs whose plan a safeguard must hold back, because of a mandatory member.
GUARDED = [
    ("courses/chlorine-gas-v1", "courses/chlorine-gas-v2"),
    ("courses/sampling-ed2", "courses/sampling-ed3"),
]

Ref = tuple[str, str]
Pair = tuple[str, str, str, str, bool]


def listing(name: str) -> Ref:
    """(source, external id) of a member; a course that an LMS row names is known by that row."""
    folder, _, rest = name.partition("/")
    if name.startswith("courses/") and "row" in (meta := texts.load(name).meta):
        return "lms", str(meta["row"]["id"])
    if folder == "courses":
        return "packages", package_id(name)
    if folder == "lms" or rest.startswith("WDA-"):
        return folder, rest
    return (folder, f"{rest}.md") if folder == "handbook" else (folder, f"{rest}.html")


def package_id(name: str) -> str:
    """The external id of a package; the second one with an identifier gets its path."""
    text = texts.load(name)
    identifier = str(text.meta.get("lom", text.meta["id"]))
    path = build.package_file(text)
    first = min(
        build.package_file(other)
        for other in map(texts.load, texts.names("courses"))
        if str(other.meta.get("lom", other.meta["id"])) == identifier
    )
    return identifier if path == first else f"{identifier} @ {path}"


def families() -> list[list[str]]:
    """The templated siblings."""
    return [
        [f"handbook/{family['folder']}/{entry['file']}" for entry in family["entries"]]
        for family in build._yaml("families")  # pyright: ignore[reportPrivateUsage]
    ]


def pairs() -> list[Pair]:
    """Planted pairs and what follows from them: (a, b, relation, note, derived)."""
    planted: list[Pair] = []
    for relation, told in (
        ("identical", IDENTICAL),
        ("revised", REVISED),
        ("contained", CONTAINED),
        ("overlap", OVERLAP),
        ("same_item", SAME_ITEM),
        ("translated", TRANSLATED),
        ("same_topic", SAME_TOPIC),
    ):
        planted += [(a, b, relation, note, False) for a, b, note in told]
    planted += [
        (a, b, "templated", "siblings", False) for family in families() for a, b in combinations(family, 2)
    ]
    return planted + list(_derived(planted))


def key() -> dict[str, Any]:
    """The whole answer key."""
    linked = [
        {"row": row["id"], "package": package_id(name)}
        for name in texts.names("courses")
        if (row := texts.load(name).meta.get("row"))
    ]
    found = pairs()
    return {
        "planted": [
            {"a": _named(a), "b": _named(b), "relation": relation, "note": note}
            | ({"derived": True} if derived else {})
            for a, b, relation, note, derived in found
        ],
        "linked": linked,
        "outdated": [_named(name) | {"reason": why, "says": says} for name, why, says in OUTDATED]
        + [
            _named(a) | {"reason": "superseded", "successor": _named(b)}
            for a, b, relation, _, _ in found
            if relation == "revised"
        ],
        "programs": [
            {"program": program, "operation": operation, "item": _named(item)}
            | ({"optional": True} if optional else {})
            for program, operation, item, optional in PROGRAMS
        ],
        "quiet": [_named(name) | {"why": why} for name, why in QUIET],
        "guarded": [{"a": _named(a), "b": _named(b)} for a, b in GUARDED],
    }


def as_json() -> str:
    """The key as it is written."""
    return json.dumps(key(), indent=1, ensure_ascii=False) + "\n"


def _derived(planted: list[Pair]) -> Iterator[Pair]:
    """An identical copy has all relations of its original; the edition of an edition is one too."""
    known = {frozenset((a, b)) for a, b, *_ in planted}
    grown = list(planted)
    while True:
        new: list[Pair] = []
        same = [(a, b) for a, b, relation, *_ in grown if relation in ("identical", "same_item")]
        for x, y in [*same, *((b, a) for a, b in same)]:
            for a, b, relation, note, _ in grown:
                if x in (a, b) and y not in (a, b):
                    new.append((y if a == x else a, y if b == x else b, relation, note, True))
        editions = [(a, b) for a, b, relation, *_ in grown if relation == "revised"]
        for a, b in editions:
            new += [(a, d, "revised", "edition of an edition", True) for c, d in editions if b == c]
        fresh: list[Pair] = []
        for pair in new:
            if (ends := frozenset(pair[:2])) not in known:
                known.add(ends)
                fresh.append(pair)
        if not fresh:
            return
        yield from fresh
        grown += fresh


def _named(name: str) -> dict[str, str]:
    source, external_id = listing(name)
    return {"source": source, "external_id": external_id}


if __name__ == "__main__":
    KEY.write_text(as_json(), "utf-8")
