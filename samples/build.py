"""Builds the sample catalog from its sources: `python -m samples.build` rewrites `samples/tarnwick-water`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from samples import formats, texts, usage

SAMPLE = Path(__file__).parent / "tarnwick-water"
AS_OF = "2026-06-15"

_CATALOG = (
    "external_id", "title", "description", "kind", "language", "url", "file", "created", "updated", "review_date",
    "owner", "mandatory", "duration_minutes",
)  # fmt: skip
_PROGRAMS = ("program", "title", "position", "resource", "mandatory", "owner")
_SUMS = ("resource", "month", "enrolled", "started", "completed", "seconds", "rating")
_LEARNERS = ("resource", "month", "enrolled", "started", "completed", "seconds", "learner", "state", "due")
_PEOPLE = ("email", "name", "roles")
_MAIL = "@tarnwickwater.example"


def files() -> dict[str, bytes]:
    """Every file of the sample by its path in it."""
    made: dict[str, bytes] = {"sample.json": _description()}
    made |= _lms()
    for text in map(texts.load, texts.names("courses")):
        made[f"packages/{package_file(text)}"] = formats.package(text)
    for text in handbook():
        made[f"{text.name}.md"] = formats.handbook_page(text)
    for text in map(texts.load, texts.names("academy")):
        made[f"{text.name}.html"] = formats.academy_page(text, _schema_org(text))
    made["academy/catalog.xlsx"] = formats.workbook("Courses", _CATALOG, _rows(_yaml("academy")))
    return dict(sorted(made.items()))


def package_file(text: texts.Text) -> str:
    """The path of a course's package below `packages/`."""
    name = text.meta.get("package", text.name.removeprefix("courses/"))
    return f"{name}.zip"


def handbook() -> list[texts.Text]:
    """The handbook's pages, those of a template included: one for each entry of `families.yaml`."""
    pages = [texts.load(name) for name in texts.names("handbook")]
    for family in _yaml("families"):
        template = texts.load(f"families/{family['template']}")
        for entry in family["entries"]:
            filled = {key: str(value).format(**entry) for key, value in template.meta.items()}
            filled["last_reviewed_on"] = entry["reviewed"]
            name = f"handbook/{family['folder']}/{entry['file']}"
            pages.append(texts.Text(name, filled, template.body.format(**entry)))
    return pages


def lms_rows() -> list[dict[str, Any]]:
    """The rows of the LMS export with their use, sorted by external id; those of packages name the file."""
    rows = [dict(row) for row in _yaml("lms")]
    for text in map(texts.load, texts.names("courses")):
        if "row" in text.meta:
            given = {
                "title": text.meta["title"],
                "language": text.meta.get("language", "en"),
                "kind": "course",
            }
            given |= {"file": package_file(text).rpartition("/")[2], "minutes": text.meta["minutes"]}
            rows.append(given | text.meta["row"])
    return sorted(rows, key=lambda row: row["id"])


def programs() -> list[dict[str, Any]]:
    """The programs: key, title, owner, use, learners, items."""
    return _yaml("programs")


def write(folder: Path) -> None:
    """Replaces what the folder holds by the sample."""
    if folder.exists():
        shutil.rmtree(folder)
    for name, content in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _description() -> bytes:
    sources = [{"name": name, "path": name} for name in ("packages", "lms", "handbook", "academy")]
    said = {"name": "Tarnwick Water", "as_of": AS_OF, "people": "people.csv", "sources": sources}
    return (json.dumps(said, indent=2) + "\n").encode()


def _lms() -> dict[str, bytes]:
    rows, paths = lms_rows(), programs()
    minutes = {row["id"]: float(row["minutes"]) for row in rows}
    with_learners = {
        key
        for path in paths
        if path.get("learners")
        for key in (path["key"], *(item["resource"] for item in path["items"]))
    }
    used = [(row["id"], row["use"]) for row in rows] + [(path["key"], path["use"]) for path in paths]
    counted: list[dict[str, object]] = []
    for key, use in used:
        months = [m for m in usage.MONTHS if key not in with_learners or m not in usage.LEARNER_MONTHS]
        counted += usage.sums(key, use, minutes.get(key, 0.0), months)
    singly = [
        row
        for path in paths
        if path.get("learners")
        for row in usage.learners(path, minutes, path["learners"])
    ]
    half = usage.MONTHS[12]
    return {
        "people.csv": formats.table(_PEOPLE, _yaml("people")),
        "lms/catalog.csv": formats.table(_CATALOG, _rows(rows)),
        "lms/programs.csv": formats.table(_PROGRAMS, list(_program_rows(paths))),
        "lms/engagement-2024-25.csv": formats.table(_SUMS, [r for r in counted if str(r["month"]) < half]),
        "lms/engagement-2025-26.csv": formats.table(_SUMS, [r for r in counted if str(r["month"]) >= half]),
        "lms/engagement-learners.csv": formats.table(_LEARNERS, singly),
    }


def _rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, object]]:
    return [
        {
            "external_id": row["id"],
            "title": row["title"],
            "description": " ".join(row.get("description", "").split()),
            "kind": row.get("kind", "course"),
            "language": row.get("language", "en"),
            "url": row.get("url", ""),
            "file": row.get("file", ""),
            "created": str(row["created"]),
            "updated": str(row["updated"]),
            "review_date": str(row.get("review", "")),
            "owner": _mail(row.get("owner", "")),
            "mandatory": "yes" if row.get("mandatory") else "no",
            "duration_minutes": row["minutes"],
        }
        for row in rows
    ]


def _program_rows(paths: Iterable[dict[str, Any]]) -> Iterable[dict[str, object]]:
    for path in paths:
        for position, item in enumerate(path["items"], 1):
            yield {
                "program": path["key"],
                "title": path["title"],
                "position": position,
                "resource": item.get("as", item["resource"]),
                "mandatory": "no" if item.get("elective") else "yes",
                "owner": _mail(path["owner"]),
            }


def _schema_org(text: texts.Text) -> str:
    meta = text.meta
    said = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "name": meta["title"],
        "dateModified": str(meta["modified"]),
        "timeRequired": f"PT{meta['minutes']}M",
        "inLanguage": meta.get("language", "en"),
    }
    return json.dumps(said)


def _mail(name: str) -> str:
    return f"{name}{_MAIL}" if name and "@" not in name else name


def _yaml(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((texts.SOURCES / f"{name}.yaml").read_text("utf-8"))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE)
