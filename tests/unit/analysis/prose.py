"""Short company texts for tests, and documents made of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from services.curator.analysis import candidates, relations
from services.curator.analysis.features import Prepared
from services.curator.analysis.fingerprints import profile
from services.curator.analysis.model import Document, Judgement, Part, Quote
from services.curator.analysis.text import segment

LADDERS = """# Working with ladders

A ladder is for short jobs only. If you will stand on it for longer than half an hour, use a platform instead.
Look at the feet, the rungs and the locks before every use. A ladder with a cracked stile is withdrawn at once and
marked with red tape.

Set the ladder on firm and level ground. For each four metres of height the foot stands one metre away from the wall.
Tie it at the top where that is possible. Somebody else holds the foot while you tie it.

Keep three points of contact while you climb. Carry tools in a belt, never in your hand. Do not lean sideways past the
stiles: climb down and move the ladder. Nobody stands on the top three rungs.

After work, clean the rungs and hang the ladder back on its brackets. Enter every defect in the book beside the store.
The store keeper checks all ladders in spring and in autumn and puts a dated label on those that passed.
"""

LADDERS_OTHER_WORDS = """# Steps and climbing equipment

Falls from height injure more of our colleagues than any other cause, and most of them fall less than two metres. This
lesson shows how to choose equipment that suits the task and how to judge whether it is still fit for service.

Begin with the question of whether the work could be done from the floor, for instance with an extension pole. When
climbing cannot be avoided, prefer scaffolding or a lift with a guard rail over anything you have to lean somewhere.

Inspect what you borrow. Bent parts, loose joints and missing rubber caps are reasons to return it and to report the
fault on the form. Never repair it yourself with wire or glue.

While up there, face the wall, hold on, and ask a colleague to pass you what you need. Strong wind and wet soles end the
job for today. Twice a year an inspector visits and signs what remains in circulation.
"""

PHISHING = """# Spotting false mail

Criminals write as if they were your bank, your supplier or your own director. They want you to act before you think.
A message that threatens, flatters or hurries you deserves a second look.

Hover over a link before you click it and read the address from right to left. Do not open attachments that you did not
expect. Call the sender on a number that you already know when money or passwords are asked for.

Forward what looks wrong to the security desk and delete it. You will never be blamed for a report that turns out to be
harmless. Whoever has already clicked should say so at once, because the first hour decides how much can be saved.
"""

SHEET = """# Site safety sheet {site}

Everybody who works at {site} reads this sheet before the first shift. When the alarm sounds, leave by the nearest
exit and walk to the assembly point at {place}. Do not use the lifts. Give your name to the warden there.

The fire warden of {site} is {warden}. First aid is given by {medic} in room {room}. In an emergency call {phone} from
any phone and say where you are.

The speed limit in the yard of {site} is {speed} km/h. The loading bay opens at {opens} and closes at {closes}. Report
every accident on the same day to {warden}, extension {extension}.
"""

SITES = (
    {
        "site": "Aldbury", "place": "the north gate", "warden": "Maria Holt", "medic": "Tom Ashby", "room": "114",
        "phone": "5511", "speed": "10", "opens": "6:30", "closes": "18:00", "extension": "2204",
    },
    {
        "site": "Corsham", "place": "the car park", "warden": "Jonas Weber", "medic": "Priya Nair", "room": "27",
        "phone": "7340", "speed": "15", "opens": "5:00", "closes": "21:45", "extension": "910",
    },
    {
        "site": "Denholme", "place": "the sports field", "warden": "Sean Riley", "medic": "Mei Tan", "room": "302",
        "phone": "1188", "speed": "20", "opens": "7:15", "closes": "16:30", "extension": "4437",
    },
    {
        "site": "Farleigh", "place": "the canteen", "warden": "Anke Vogel", "medic": "Omar Haddad", "room": "8",
        "phone": "6021", "speed": "5", "opens": "4:45", "closes": "22:15", "extension": "1736",
    },
)  # fmt: skip

ALERT = """# {name} {trouble}

This alert tells you that {name} {trouble}. It is raised by the monitoring of the {team} team and goes to whoever is on
call. Look at the dashboard of {name} first: the panel on the left shows when the trouble began and on which hosts.

## Before you do anything

Write into the incident channel that you are looking at it, and name the person who leads. Take a screenshot of the
graphs before they scroll away. Check whether somebody has released something in the last hour, and roll it back if so.

## What to do

{remedy}

## Afterwards

Close the alert by hand once it has been quiet for a quarter of an hour. Enter what you found and what helped in the
incident log, with the time, so that the next person on call can read it. If it comes back twice in a week, ask the
{team} team for a lasting remedy.
"""

ALERTS = (
    {
        "name": "mail queue", "trouble": "has too many messages waiting", "team": "delivery",
        "remedy": "Restart the sender with `service mail-sender restart` and watch the queue shrink.",
    },
    {
        "name": "search index", "trouble": "is older than a day", "team": "search",
        "remedy": "Start the reindexing job by hand and wait until the number of documents has stopped growing.",
    },
    {
        "name": "asset store", "trouble": "runs out of disk space", "team": "platform",
        "remedy": "Delete the uploads that the virus scanner has refused, then ask for a larger volume.",
    },
    {
        "name": "link checker", "trouble": "has no free workers", "team": "content",
        "remedy": "Empty the queue of low priority by hand; nobody waits for what is in it.",
    },
    {
        "name": "publishing service", "trouble": "answers slowly", "team": "publishing",
        "remedy": "Add two workers to the pool, and take them away again when the median is below a second.",
    },
)  # fmt: skip


def document(identifier: str, text: str, title: str = "", **fields: object) -> Document:
    made = Document(identifier, title, (Part("", f"{identifier}.html", text),))
    return replace(made, **fields)  # type: ignore[arg-type]


def prepared(*documents: Document) -> dict[str, Prepared]:
    """The documents as one catalog, less its boilerplate."""
    blocks = {one.id: segment(one) for one in documents}
    profiles = {one.id: profile(one, blocks[one.id]) for one in documents}
    framed = candidates.boilerplate(profiles)
    return {one.id: relations.prepare(one, blocks[one.id], profiles[one.id], framed) for one in documents}


def judged(a: Document, b: Document, *others: Document) -> Judgement:
    """How `a` and `b` are judged in a catalog that also holds the others."""
    ready = prepared(a, b, *others)
    return relations.compare(ready[a.id], ready[b.id])


def quotes_stand(judgement: Judgement, documents: Mapping[str, Document]) -> bool:
    """Whether each quotation is a substring of the named document at the named place."""
    quotes: Collection[Quote] = [quote for passage in judgement.passages for quote in (passage.a, passage.b)]
    return all(
        part.text[quote.start : quote.start + len(quote.text)] == quote.text
        for quote in quotes
        for part in documents[quote.document].parts
        if part.location == quote.location
    )
