"""Words of status that catalogs use, in a few languages."""

from __future__ import annotations

from services.catalog.imports.model import LearnerState, State
from services.catalog.imports.text import clean_line

_STATES = {
    State.VISIBLE: (
        "visible", "active", "published", "available", "open", "live", "current", "enabled", "released", "approved",
        "online", "listed", "yes", "true", "1", "aktiv", "veröffentlicht", "verfügbar", "freigegeben", "sichtbar",
        "activo", "publicado", "visible", "disponible", "actif", "publié", "ja", "sí", "si", "oui",
    ),
    State.HIDDEN: (
        "hidden", "unpublished", "not published", "inactive", "draft", "unlisted", "disabled", "suspended", "pending",
        "in preparation", "under construction", "in development", "not available", "unavailable", "invisible", "no",
        "false", "0", "inaktiv", "versteckt", "verborgen", "entwurf", "unveröffentlicht", "nein", "inactivo", "oculto",
        "borrador", "no publicado", "inactif", "masqué", "brouillon", "non publié", "non", "under maintenance",
    ),
    State.ARCHIVED: (
        "archived", "concluded", "completed", "deleted", "retired", "expired", "withdrawn", "closed", "obsolete",
        "deprecated", "superseded", "ended", "discontinued", "archiviert", "abgeschlossen", "abgelaufen", "beendet",
        "gelöscht", "archivado", "cerrado", "caducado", "archivé", "fermé", "expiré",
    ),
}  # fmt: skip
_STATE_BY_WORD = {word: state for state, words in _STATES.items() for word in words}

_LEARNER_STATES = {
    LearnerState.NOT_STARTED: (
        "not started", "not attempted", "enrolled", "registered", "assigned", "not begun", "nicht begonnen",
        "no iniciado", "non commencé", "not completed", "new", "pending", "approved",
    ),
    LearnerState.IN_PROGRESS: (
        "in progress", "started", "incomplete", "in bearbeitung", "begonnen", "en curso", "en cours", "begun",
        "in progress past due", "active",
    ),
    LearnerState.COMPLETED: (
        "completed", "complete", "passed", "finished", "done", "abgeschlossen", "bestanden", "completado", "terminé",
        "achevé", "completed achieved pass grade", "attended",
    ),
    LearnerState.FAILED: (
        "failed", "nicht bestanden", "reprobado", "échoué", "completed did not achieve pass grade", "fail",
        "completed failed",
    ),
}  # fmt: skip
_LEARNER_STATE_BY_WORD = {word: state for state, words in _LEARNER_STATES.items() for word in words}


def state_of(word: str) -> State | None:
    """What a word says about visibility; None when it is not a known one."""
    return _STATE_BY_WORD.get(_folded(word))


def learner_state_of(word: str) -> LearnerState | None:
    """What a word says about a learner's progress; None when it is not a known one."""
    return _LEARNER_STATE_BY_WORD.get(_folded(word))


_LANGUAGES = {
    "english": "en", "englisch": "en", "anglais": "en", "inglés": "en", "german": "de", "deutsch": "de",
    "allemand": "de", "alemán": "de", "french": "fr", "französisch": "fr", "français": "fr", "francés": "fr",
    "spanish": "es", "spanisch": "es", "español": "es", "espagnol": "es", "italian": "it", "italiano": "it",
    "portuguese": "pt", "português": "pt", "dutch": "nl", "nederlands": "nl", "polish": "pl", "polski": "pl",
    "swedish": "sv", "svenska": "sv", "danish": "da", "dansk": "da", "norwegian": "no", "norsk": "no",
    "finnish": "fi", "suomi": "fi", "czech": "cs", "čeština": "cs", "russian": "ru", "japanese": "ja",
    "chinese": "zh", "korean": "ko", "turkish": "tr", "türkçe": "tr", "arabic": "ar", "hindi": "hi",
}  # fmt: skip


def language_code(word: str) -> str:
    """A language as BCP 47 as far as it is known (`English`, `en_US`, `de`); other words as they are."""
    plain = clean_line(word)
    if plain.lower() in ("x-none", "none", "und", "zxx", "-"):
        return ""
    return _LANGUAGES.get(plain.casefold(), plain.replace("_", "-"))


def _folded(word: str) -> str:
    return clean_line("".join(each if each.isalnum() else " " for each in word)).casefold()
