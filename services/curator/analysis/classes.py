"""What class of content a document is, from its kind, title, owner and words; it sets the half-life."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from services.curator.analysis.model import Document


class ContentClass(StrEnum):
    """Classes of content by how fast they age."""

    NEWS = "news"
    PRODUCT = "product"
    SOFTWARE = "software"
    COMPLIANCE = "compliance"
    POLICY = "policy"
    PROCEDURE = "procedure"
    CONCEPTS = "concepts"
    SKILLS = "skills"
    EVERGREEN = "evergreen"
    GENERAL = "general"

    @property
    def label(self) -> str:
        """The class in words for people."""
        return _LABELS[self]


_LABELS = {
    ContentClass.NEWS: "news and prices",
    ContentClass.PRODUCT: "product knowledge",
    ContentClass.SOFTWARE: "a software how-to",
    ContentClass.COMPLIANCE: "compliance",
    ContentClass.POLICY: "onboarding and policy",
    ContentClass.PROCEDURE: "a technical procedure",
    ContentClass.CONCEPTS: "computing concepts",
    ContentClass.SKILLS: "leadership and people skills",
    ContentClass.EVERGREEN: "languages and evergreen",
    ContentClass.GENERAL: "general content",
}

# Months until half of such content needs a review: behaviour §4; GENERAL is what fits nothing, and asks late.
HALF_LIVES: dict[ContentClass, int] = {
    ContentClass.NEWS: 3,
    ContentClass.PRODUCT: 6,
    ContentClass.SOFTWARE: 12,
    ContentClass.COMPLIANCE: 12,
    ContentClass.POLICY: 12,
    ContentClass.PROCEDURE: 24,
    ContentClass.CONCEPTS: 36,
    ContentClass.SKILLS: 60,
    ContentClass.EVERGREEN: 120,
    ContentClass.GENERAL: 36,
}


@dataclass(frozen=True, slots=True)
class Classified:
    """A class and why it was taken."""

    content_class: ContentClass
    why: str


def _words(*stems: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(stems) + r")", re.IGNORECASE)


_WORDS: dict[ContentClass, re.Pattern[str]] = {
    ContentClass.NEWS: _words(
        r"news\b", r"newsletter", r"price\s?lists?\b", r"pricing\b", r"promotions?\b", r"announcements?\b"
    ),
    ContentClass.PRODUCT: _words(
        r"product\s+(?:knowledge|training|features?|range|overview|update)",
        r"our\s+products?\b",
        r"sales\s+pitch",
        r"battle\s?cards?",
        r"product\s+launch",
        r"roadmap\b",
    ),
    ContentClass.SOFTWARE: _words(
        r"click\b",
        r"menu\b",
        r"log\s?in\b",
        r"screenshots?\b",
        r"toolbar\b",
        r"ribbon\b",
        r"dashboard\b",
        r"excel\b",
        r"powerpoint\b",
        r"sharepoint\b",
        r"sap\b",
        r"salesforce\b",
        r"install(?:ing|ation)?\b",
        r"api\b",
        r"command[\s-]line\b",
        r"deploy(?:ing|ment)?\b",
        r"release\s+notes\b",
        r"cmdlets?\b",
        r"servers?\b",
    ),
    ContentClass.COMPLIANCE: _words(
        r"complian",
        r"gdpr\b",
        r"privacy\b",
        r"data\s+protection",
        r"anti[\s-]?(?:bribery|corruption|money)",
        r"bribery\b",
        r"corruption\b",
        r"sanctions?\b",
        r"regulat",
        r"health\s+(?:and|&)\s+safety",
        r"whistleblow",
        r"code\s+of\s+conduct",
        r"insider\s+(?:dealing|trading)",
        r"harassment\b",
        r"legal\s+requirement",
        r"export\s+control",
        r"money\s+laundering",
        r"information\s+security",
        r"security\s+awareness",
        r"phishing\b",
        r"cyber\s?security",
    ),
    ContentClass.POLICY: _words(
        r"polic(?:y|ies)\b",
        r"onboarding\b",
        r"induction\b",
        r"new\s+(?:starters?|joiners?|hires?)",
        r"expenses?\b",
        r"annual\s+leave\b",
        r"travel\b",
        r"benefits\b",
        r"employee\s+handbook",
        r"working\s+hours",
        r"welcome\s+to\b",
    ),
    ContentClass.PROCEDURE: _words(
        r"procedures?\b",
        r"maintenance\b",
        r"inspection\b",
        r"operating\b",
        r"calibrat",
        r"machin",
        r"equipment\b",
        r"forklift",
        r"safety\s+instructions?",
        r"emergency\b",
        r"evacuation\b",
        r"first\s+aid\b",
        r"checklists?\b",
        r"step[\s-]by[\s-]step",
        r"troubleshoot",
        r"repair",
        r"assembly\b",
        r"lockout\b",
        r"warehouse\b",
        r"runbook",
    ),
    ContentClass.CONCEPTS: _words(
        r"algorithms?\b",
        r"programming\b",
        r"data\s+structures?\b",
        r"functions?\b",
        r"variables?\b",
        r"statistics\b",
        r"database\b",
        r"networking\b",
        r"architecture\b",
        r"machine\s+learning\b",
        r"object[\s-]oriented",
        r"concurrency\b",
        r"containers?\b",
        r"introduction\s+to\s+(?:computing|programming)",
    ),
    ContentClass.SKILLS: _words(
        r"leadership\b",
        r"leaders?\b",
        r"coaching\b",
        r"feedback\b",
        r"negotiat",
        r"conflicts?\b",
        r"presentation\s+skills",
        r"time\s+management",
        r"communicat",
        r"motivat",
        r"delegat",
        r"teamwork\b",
        r"emotional\s+intelligence",
        r"listening\b",
        r"mentoring\b",
        r"interviewing\b",
        r"difficult\s+conversations?",
    ),
    ContentClass.EVERGREEN: _words(
        r"grammar\b",
        r"vocabulary\b",
        r"language\s+course",
        r"business\s+english",
        r"spelling\b",
        r"mathematics\b",
        r"physics\b",
        r"philosophy\b",
        r"psycholog",
        r"ethics\b",
        r"literature\b",
    ),
}
_TITLE, _KIND, _OWNER = 3.0, 2.0, 1.0  # a word of the title says more than one of the body
_BODY_MOST = 3.0  # distinct words of the body, half a point each
_ENOUGH = 2.0
_BODY_SIGNS = 6_000


def classify(document: Document) -> Classified:
    """The class whose words fit best; equal ones give the slower ageing, too few give GENERAL."""
    body = "\n\n".join(part.text for part in document.parts)[:_BODY_SIGNS]
    best, best_score, best_why = ContentClass.GENERAL, 0.0, "no class stands out"
    for content_class, words in _WORDS.items():
        title = words.findall(document.title)
        kind = words.findall(document.kind)
        owner = words.findall(document.owner)
        said = {_flat(word) for word in words.findall(body)}
        score = _TITLE * min(2, len(title)) + _KIND * bool(kind) + _OWNER * bool(owner)
        score += min(_BODY_MOST, 0.5 * len(said))
        slower = HALF_LIVES[content_class] > HALF_LIVES[best]
        if score >= _ENOUGH and (score > best_score or (score == best_score and slower)):
            named = [f"its title says “{_flat(word)}”" for word in title[:2]]
            named += [f"its kind is “{document.kind}”"] if kind else []
            words_said = ", ".join(f"“{word}”" for word in sorted(said)[:3])
            named += [f"its text says {words_said}"] if said else []
            best, best_score, best_why = content_class, score, "; ".join(named) or "its owner"
    return Classified(best, best_why)


def _flat(word: str) -> str:
    return " ".join(word.lower().split())
