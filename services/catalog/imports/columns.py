"""Which column means what: the names that catalogs, programs, engagement and people come with (formats.md §4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.catalog.imports.text import clean_line

# For each field its names, the surest first: where a table has several, the first that says something counts.
CATALOG: Mapping[str, tuple[str, ...]] = {
    "external_id": (
        "external id", "canvas course id", "course unique id", "training object id", "learning object id",
        "resource id", "item id", "content id", "course internal id", "course id", "training id", "catalog id",
        "object id", "id", "identifier", "course code", "training code", "course number", "kursnummer", "kurs id",
        "kurs nr", "kursnr", "kennung", "codigo", "codigo del curso", "id del curso", "code du cours", "code",
        "course sis id", "shortname", "short name", "idnumber", "id number", "key",
    ),
    "title": (
        "title", "course title", "training title", "learning object title", "item title", "content title",
        "course full name", "course name", "training name", "fullname", "full name", "long name", "titel",
        "kurstitel", "kursname", "bezeichnung", "titre", "titre du cours", "nom du cours", "titulo",
        "titulo del curso", "nombre del curso", "nombre", "titolo", "name", "short name", "shortname",
    ),
    "description": (
        "description", "course description", "training description", "summary", "abstract", "beschreibung",
        "kursbeschreibung", "descripcion", "resumen", "description du cours", "descrizione",
    ),
    "kind": (
        "kind", "type", "course type", "training type", "item type", "content type", "delivery type", "course format",
        "typ", "art", "tipo", "resource type",
    ),
    "language": ("language", "course language", "lang", "locale", "sprache", "langue", "idioma", "lingua"),
    "url": ("url", "course url", "deep link", "deeplink", "launch url", "link", "web address", "enlace", "lien"),
    "file": (
        "file", "file name", "filename", "content file", "package", "package file", "datei", "dateiname", "archivo",
        "fichier",
    ),
    "created": (
        "created", "created at", "created on", "date created", "creation date", "course creation date",
        "created date", "create date", "timecreated", "erstellt", "erstellt am", "erstellungsdatum",
        "fecha de creacion", "date de creation",
    ),
    "updated": (
        "updated", "updated at", "updated on", "last updated", "last update", "last updated on", "last modified",
        "last modified date", "last modified on", "modified", "modified on", "modified date", "date modified",
        "modification date", "content last updated", "timemodified", "last change", "last changed", "zuletzt geandert",
        "geandert am", "aktualisiert", "aktualisiert am", "letzte anderung", "ultima modificacion",
        "fecha de modificacion", "ultima actualizacion", "derniere modification", "date de modification",
    ),
    "published": ("published on", "published at", "publication date", "publish date", "date published"),
    "reviewed": (
        "last reviewed", "last reviewed on", "reviewed", "reviewed on", "last review", "last review date",
        "zuletzt gepruft", "gepruft am",
    ),
    "review_date": (
        "review date", "next review", "next review date", "review due", "review due date", "review by",
        "nachste prufung", "prufdatum", "wiedervorlage", "fecha de revision", "date de revision",
    ),
    "expires": (
        "expires", "expires on", "expiry date", "expiration date", "expiry", "valid until", "gultig bis",
        "ablaufdatum", "fecha de caducidad", "date d expiration",
    ),
    "owner": (
        "owner", "course owner", "content owner", "training owner", "owner email", "owner e mail", "responsible",
        "responsible person", "maintainer", "verantwortlich", "verantwortliche", "verantwortlicher", "responsable",
        "propietario", "responsabile",
    ),
    "author": ("author", "authors", "created by", "creator", "autor", "auteur", "autore", "ersteller"),
    "mandatory": (
        "mandatory", "is mandatory", "mandatory training", "required", "is required", "compulsory", "pflicht",
        "pflichtkurs", "pflichtschulung", "obligatorisch", "obligatorio", "obligatoire", "obbligatorio",
    ),
    "certification": (
        "certification", "certifications", "certifying", "certification course", "is certification",
        "counts for certification", "zertifizierung", "certificacion", "certificazione",
    ),
    "accessible_form": (
        "accessible form", "accessible version", "barrierefrei", "barrierefreie fassung", "version accesible",
        "version accessible", "versione accessibile",
    ),
    "state": (
        "status", "state", "course status", "training status", "workflow state", "publication status", "visible",
        "visibility", "active", "is active", "sichtbar", "aktiv", "estado", "statut", "stato", "zustand",
    ),
    "duration": (
        "duration", "course duration", "estimated duration", "duration minutes", "duration mins", "duration min",
        "duration hours", "duration seconds", "minutes", "hours", "training hours", "time required", "length",
        "estimated time", "dauer", "lernzeit", "kursdauer", "duracion", "duree", "durata", "stunden", "minuten",
    ),
    "version": ("version", "course version", "training version", "edition", "revision"),
    "objectives": ("objectives", "learning objectives", "learning outcomes", "outcomes", "lernziele", "objetivos"),
    "aliases": (
        "course id", "course code", "course number", "course sis id", "idnumber", "id number", "shortname",
        "short name", "integration id", "identifier", "external reference",
    ),
}  # fmt: skip
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "program": ("program", "program id", "programme", "path", "learning path", "curriculum", "learning plan"),
    "title": ("title", "program title", "program name", "path title", "learning plan name", "name"),
    "position": ("position", "order", "sequence", "step", "number"),
    "resource": ("resource", "resource id", "course", "course id", "item", "item id", "external id"),
    "mandatory": ("mandatory", "required", "is mandatory", "compulsory"),
    "owner": ("owner", "owner email", "responsible", "program owner"),
}
ENGAGEMENT: Mapping[str, tuple[str, ...]] = {
    "resource": (
        "resource",
        "resource id",
        "course",
        "course id",
        "item",
        "item id",
        "external id",
        "program",
    ),
    "month": ("month", "period", "year month", "monat", "mes", "mois"),
    "enrolled": ("enrolled", "enrolments", "enrollments", "registrations"),
    "started": ("started", "starts", "launches"),
    "completed": ("completed", "completions"),
    "seconds": ("seconds", "time spent seconds", "training material time sec", "time spent"),
    "rating": ("rating", "average rating", "course rating"),
    "learner": ("learner", "learner id", "user", "user id"),
    "state": ("state", "status", "enrollment status", "completion status"),
    "due": ("due", "due date"),
}
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e mail", "email address", "mail"),
    "name": ("name", "display name", "full name"),
    "roles": ("roles", "role"),
}

MOST_COLUMNS = 1_000
_PUNCTUATION = re.compile(r"[\W_]+")
_UNIT = (
    (re.compile(r"\b(?:h|hrs?|hours?|std|stunden|horas|heures)\b"), 3_600),
    (re.compile(r"\b(?:s|sec|secs|seconds|sekunden|segundos|secondes)\b"), 1),
)
_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields of a table stand: for each field its columns, the surest first. `headers` are as written."""

    headers: tuple[str, ...]
    fields: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    def has(self, *names: str) -> bool:
        """Whether the table has a column for each of the fields."""
        return all(name in self.fields for name in names)

    def value(self, row: Sequence[str], name: str) -> str:
        """The row's value of a field: the first of its columns that says something."""
        for at in self.fields.get(name, ()):
            if at < len(row) and (cell := row[at].strip()):
                return cell
        return ""

    def required(self, row: Sequence[str], name: str) -> bool:
        """Whether the row is long enough to have the field at all."""
        return any(at < len(row) for at in self.fields.get(name, ()))

    def unit(self, name: str) -> int:
        """Seconds of one unit in the field's first column, by its header; minutes when it does not say."""
        header = _folded(self.headers[self.fields[name][0]])
        return next((seconds for pattern, seconds in _UNIT if pattern.search(header)), 60)

    @property
    def known(self) -> int:
        """How many fields were found."""
        return len(self.fields)


def match_columns(headers: Sequence[str], names: Mapping[str, tuple[str, ...]]) -> Columns:
    """The fields that the headers name, whatever their case, punctuation, accents and prefix (`Training - Title`)."""
    headers = headers[:MOST_COLUMNS]
    written: dict[str, int] = {}
    for at, header in enumerate(headers):
        for form in _forms(header):
            written.setdefault(form, at)
    fields: dict[str, tuple[int, ...]] = {}
    for name, known in names.items():
        if columns := tuple(dict.fromkeys(written[word] for word in known if word in written)):
            fields[name] = columns
    return Columns(tuple(clean_line(header) for header in headers), fields)


def _forms(header: str) -> tuple[str, ...]:
    """How a header may be meant: whole, without a unit in brackets, without a prefix before ` - `."""
    bare = _BRACKETS.sub(" ", header)
    rest = bare.rpartition(" - ")[2]
    return tuple(dict.fromkeys(form for form in map(_folded, (header, bare, rest)) if form))


def _folded(header: str) -> str:
    plain = unicodedata.normalize("NFKD", header[:200])
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return _PUNCTUATION.sub(" ", plain).strip().casefold()
