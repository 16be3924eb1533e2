"""What was never meant for learners, or is too little to help them (MUSTIE's “trivial”)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date

from services.curator.analysis.ageing import span
from services.curator.analysis.model import Block, Claim, Document, Quote, Reason

FEW_WORDS = 60  # behaviour §5
OLD_DRAFT_DAYS = 180  # as the grace of what is new

# Set by hand: no corpus holds what people uploaded to try something out. What a reviewer would say of such a
# resource, by sign; several are independent causes. A short page may be just right, so alone it stays in doubt.
SIGNS = {
    "few_words": 0.50,
    "placeholder_title": 0.75,
    "old_draft": 0.70,
    "only_a_dead_link": 0.85,
    "never_started": 0.40,
}
CERTAIN = 0.97
IN_USE = 5  # learners a year to whom it is of use, whatever it looks like

# The formats whose text shows what media it has. Of a package or a page only the words are read.
_SHOWS_MEDIA = frozenset({"", "markdown"})
_MEDIA = re.compile(r"!\[[^\]]*\]\(|<[a-z%]", re.IGNORECASE)  # a picture, or markup that may show anything
_PLACEHOLDER = re.compile(
    r"""^(?:
        (?:my\ |a\ )?test(?:[\s_-]*(?:page|course|module|lesson|scorm|upload|file|\d+))*
        | testing[\s_-]*\d+
        | untitled(?:\ \w+)?(?:[\s_-]*\(?\d+\)?)?
        | (?:new|neue[rs]?|nouvelle|nouveau|nuev[oa])
          \ (?:page|course|document|seite|kurs|dokument|cours|p[aá]gina|curso)(?:[\s_-]*\(?\d+\)?)?
        | ohne\ titel | unbenannt | sans\ titre | sin\ t[ií]tulo | senza\ titolo
        | (?:copy|kopie|copie|copia)\ (?:of|von|de|di)\ .+
        | .+(?:\ -\ |[\s_]*\(|_)(?:copy|kopie|copie|copia)(?:\ \d+)?\)?
        | .+\ (?:copy|kopie|copie|copia)\ \d+
        | asdf\w* | foo(?:bar)? | xxx+ | dummy(?:\ \w+)? | tmp | temp | lorem\ ipsum.* | delete\ me | to\ be\ deleted
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
_DRAFT = re.compile(
    r"^(?:draft|entwurf|brouillon|borrador|wip)\b|[\s(\[_-](?:draft|entwurf|brouillon|borrador|wip)[)\]]?(?:\s*v?\d+)?$",
    re.IGNORECASE,
)


def trivial(
    document: Document, blocks: Sequence[Block], starts: int | None, today: date, *, check_links: bool
) -> Claim | None:
    """That it is trivial, with the signs of it; None without one.

    `starts` of the past year, None: not known. What visits to links found counts only while house rules ask for
    them (`check_links`).
    """
    if starts is not None and starts >= IN_USE:
        return None
    signs: dict[str, str] = {}
    words = sum(block.words for block in blocks)
    title = document.title.strip()
    if blocks and words < FEW_WORDS and _only_words(document):
        signs["few_words"] = f"It has {words} words and nothing else."
    if check_links and words < FEW_WORDS and _only_dead_link(document):
        signs["only_a_dead_link"] = f"All that it offers is one link, {document.links[0]}, and that is dead."
    if _PLACEHOLDER.match(title):
        signs["placeholder_title"] = f"Its title, “{title}”, is that of a copy or a trial."
    changed = max((day for day in (document.updated, document.created) if day and day <= today), default=None)
    if _DRAFT.search(title) and changed is not None and (today - changed).days >= OLD_DRAFT_DAYS:
        signs["old_draft"] = (
            f"It calls itself a draft, and has not changed for {span((today - changed).days)}."
        )
    if not signs:
        return None
    text = " ".join(signs.values())
    if starts == 0:
        signs["never_started"] = "Nobody started it in the past year."
    return Claim(
        "trivial",
        document.id,
        round(min(CERTAIN, 1 - math.prod(1 - SIGNS[code] for code in signs)), 2),
        text,
        quotes=_first_words(document, blocks) if "few_words" in signs else (),
        reasons=tuple(Reason(code, SIGNS[code], said) for code, said in signs.items()),
    )


def _only_words(document: Document) -> bool:
    """Whether all that it is can be seen from its text: no media, and no links to what it points at."""
    shown = all(each.format in _SHOWS_MEDIA for each in document.listings)
    return shown and not document.links and not any(_MEDIA.search(part.text) for part in document.parts)


def _only_dead_link(document: Document) -> bool:
    return len(document.links) == 1 and document.links[0] in {each.url for each in document.dead_links}


def _first_words(document: Document, blocks: Sequence[Block]) -> tuple[Quote, ...]:
    first = blocks[0]
    return (Quote(document.id, document.parts[first.part].location, first.start, first.text),)
