"""Markdown files and trees of them: front matter, light Markdown, links between the files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, cast

import yaml
from markdown_it import MarkdownIt

from services.catalog.imports.html import read_html
from services.catalog.imports.model import Part, Problem, ResourceRecord, State
from services.catalog.imports.notes import Notes
from services.catalog.imports.text import clean_line, decode
from services.catalog.imports.values import (
    add_period,
    parse_bool,
    parse_certification,
    parse_date,
    parse_duration,
)
from services.catalog.imports.words import state_of
from services.catalog.imports.xml import address

_MOST_MATTER = 64 << 10
_MOST_LEVELS = 50  # PyYAML takes quadratic time in nested brackets
_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?)(?:^|\n)(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# Commands to a site generator, alone on a line: Liquid, Kramdown attributes, fenced divisions.
_COMMAND = re.compile(r"[ \t]*(?:\{%.*%\}|\{:.*\}|:{3,}.*)[ \t]*\Z")
_EXTERNAL = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][\w+.-]*:|//|/|#|\{")

_RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

_DATES = {
    "created": ("created", "date_created", "created_at", "created_on"),
    "updated": ("updated", "last_updated", "updated_at", "modified", "last_modified", "lastmod", "ms.date"),
    "published": ("published", "published_at", "date_published", "date"),
    "reviewed": ("last_reviewed_on", "last_reviewed", "reviewed", "reviewed_on", "date_reviewed"),
    "review_date": ("review_date", "review_by", "next_review", "review_on", "review_due"),
    "expires": ("expires", "expires_on", "expiry", "expiry_date", "valid_until"),
}  # fmt: skip
_PERIOD = ("review_in", "review_cycle", "review_every", "review_period")
_TITLE = ("title", "name")
_OWNER = (
    "owner",
    "owners",
    "owner_email",
    "maintainer",
    "maintainers",
    "responsible",
    "owner_slack",
    "ms.author",
)
_AUTHOR = ("author", "authors", "creator")
_DESCRIPTION = ("description", "summary", "abstract")
_OBJECTIVES = ("objectives", "learning_objectives", "outcomes", "teaches")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The keys above a text, in lower case with `_`, and the text below."""

    text: str
    keys: Mapping[str, object] = field(default_factory=dict[str, object])

    def word(self, *names: str) -> str:
        """The first of the keys that says something, as one line."""
        return next((words[0] for name in names if (words := self.words(name))), "")

    def words(self, *names: str) -> tuple[str, ...]:
        """The values of the first key that says something, which may be a list."""
        for name in names:
            said = self.keys.get(name)
            several = cast(list[object], said)[:100] if isinstance(said, list) else [said]
            if found := tuple(word for each in several if (word := _word(each))):
                return found
        return ()


def front_matter(text: str, place: str, notes: Notes) -> FrontMatter:
    """Splits YAML (`---`) or TOML (`+++`) from a text; unreadable front matter is a warning and stays text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (match := _MATTER.match(text)) is None or len(match[2]) > _MOST_MATTER:
        return FrontMatter(text)
    if _depth(match[2]) > _MOST_LEVELS:
        notes.warn("FRONT_MATTER_UNREADABLE", place, "The front matter is nested too deeply.")
        return FrontMatter(text[match.end() :])
    try:
        said: object = yaml.safe_load(match[2]) if match[1] == "---" else tomllib.loads(match[2])
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError) as error:
        line = str(error).splitlines()[0][:120]
        notes.warn("FRONT_MATTER_UNREADABLE", place, f"The front matter cannot be read: {line}.")
        return FrontMatter(text[match.end() :])
    if not isinstance(said, dict):
        return FrontMatter(text)
    keys = {
        str(key).strip().lower().replace("-", "_"): each
        for key, each in cast(dict[object, object], said).items()
    }
    return FrontMatter(text[match.end() :], keys)


def read_markdown(data: bytes, path: str, notes: Notes) -> ResourceRecord:
    """One Markdown file as a page; `path` is its path inside the import."""
    decoded, guessed = decode(data)
    if guessed:
        notes.warn("ENCODING_GUESSED", "", "The file is not in UTF-8; its encoding was guessed.")
    matter = front_matter(decoded, "", notes)
    page = read_html(_RENDER.render(_without_commands(matter.text)))
    dates = {name: _day(matter, names, notes) for name, names in _DATES.items()}
    reviewed, review_date = dates["reviewed"], dates["review_date"]
    if review_date is None and (period := matter.word(*_PERIOD)) and reviewed is not None:
        review_date = add_period(reviewed, period)
        if review_date is None:
            notes.warn("VALUE_INVALID", _PERIOD[0], f"{period!r} is no period such as `6 months`.")
    state, flags, seconds = _facts(matter, notes)
    name = path.rpartition("/")[2]
    links = {link: words for link, words in page.links.items() if _EXTERNAL.match(link)}
    return ResourceRecord(
        external_id=path,
        format="markdown",
        path=path,
        kind=matter.word("kind", "type").lower() or "page",
        title=matter.word(*_TITLE) or page.heading or name.rpartition(".")[0] or name,
        description=matter.word(*_DESCRIPTION),
        language=matter.word("language", "lang", "locale") or page.language,
        url=matter.word("url") if _EXTERNAL.match(matter.word("url")) else "",
        version=matter.word("version", "edition"),
        created=dates["created"],
        updated=dates["updated"],
        published=dates["published"],
        reviewed=reviewed,
        review_date=review_date,
        expires=dates["expires"],
        owner=matter.word(*_OWNER),
        author=", ".join(matter.words(*_AUTHOR)),
        mandatory=flags.mandatory,
        certification=flags.certification,
        accessible_form=flags.accessible_form,
        state=state,
        duration_seconds=seconds,
        objectives=matter.words(*_OBJECTIVES),
        links=links,
        references=references(path, page.links),
        parts=(Part(page.heading, name, page.text),) if page.text else (),
    )


def references(path: str, links: Iterable[str]) -> tuple[str, ...]:
    """The files inside the import that a file links to by relative links."""
    folder = path.rpartition("/")[0]
    found = (
        address(f"{folder}/" if folder else "", link) for link in links if link and not _SCHEME.match(link)
    )
    return tuple(dict.fromkeys(each for each in found if each and not each.endswith("/") and "." in each))


def broken_links(linked: Mapping[str, tuple[str, ...]], paths: AbstractSet[str]) -> list[Problem]:
    """Links that lead to no file of the import, by the file that has them; `paths` are all files that were read.

    A link to `page.html` is whole when there is a `page.md`: docs are written in one and linked as the other.
    """
    stems = {path.rpartition(".")[0] for path in paths}
    found: list[Problem] = []
    for file, targets in sorted(linked.items()):
        for target in targets:
            page = target.endswith((".html", ".htm")) and target.rpartition(".")[0] in stems
            if target not in paths and not page:
                found.append(
                    Problem(
                        file, target, "LINK_BROKEN", f"{file} links to {target}, which is not in this import."
                    )
                )
    return found


def _depth(text: str) -> int:
    level = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def _without_commands(text: str) -> str:
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        if fence or not _COMMAND.match(line):
            lines.append(line)
    return "\n".join(lines)


def _day(matter: FrontMatter, names: tuple[str, ...], notes: Notes) -> date | None:
    for name in names:
        if stated := matter.word(name):
            try:
                return parse_date(stated)
            except ValueError:
                notes.warn("VALUE_INVALID", name, f"{name} is {stated[:40]!r}, which is not a date.")
    return None


class _Flags(NamedTuple):
    mandatory: bool | None = None
    certification: bool | None = None
    accessible_form: bool | None = None


def _facts(matter: FrontMatter, notes: Notes) -> tuple[State, _Flags, int]:
    state, flags, seconds = State.VISIBLE, _Flags(), 0
    if word := matter.word("status", "state"):
        state = state_of(word) or State.VISIBLE
    if matter.keys.get("draft") is True or matter.keys.get("published") is False:
        state = State.HIDDEN
    if matter.keys.get("archived") is True or matter.keys.get("deprecated") is True:
        state = State.ARCHIVED
    try:
        flags = _Flags(
            parse_bool(matter.word("mandatory", "required")),
            parse_certification(matter.word("certification")),
            parse_bool(matter.word("accessible_form")),
        )
        if word := matter.word("duration", "time_required", "duration_minutes"):
            seconds = parse_duration(word)
    except ValueError as error:
        notes.warn("VALUE_INVALID", "front matter", f"{error}.")
    return state, flags, seconds


def _word(said: object) -> str:
    """A value as a word: YAML makes dates and numbers of what looks like them."""
    if isinstance(said, datetime):
        return said.date().isoformat()
    if isinstance(said, date):
        return said.isoformat()
    if isinstance(said, bool):
        return "yes" if said else "no"
    if isinstance(said, dict):
        return _word(
            cast(dict[object, object], said).get("name") or cast(dict[object, object], said).get("email")
        )
    return clean_line(str(said)) if isinstance(said, str | int | float) else ""
