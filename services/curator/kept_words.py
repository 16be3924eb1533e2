"""The words of all resources that a translator would keep, kept up with the texts: who meets whom across languages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.curator import postgres
from services.curator.analysis.across import Near, Resemblance
from services.curator.analysis.across_words import AcrossWords, kept_words
from services.curator.analysis.fingerprints import U32, Profile
from services.kit.postgres import Connection

Pair = tuple[str, str]
# Texts from which a catalog is too large to hold all its words in memory, some 2 KB a text: there the multilingual
# model alone looks across languages.
_MOST_TEXTS = 20_000
_AT_ONCE = 500


@dataclass(slots=True)
class KeptWords:
    """Words and languages by resource; nothing where a catalog speaks one language or is too large."""

    _hashes: dict[str, str] = field(default_factory=dict[str, str])
    _words: dict[str, U32] = field(default_factory=dict[str, U32])
    _languages: dict[str, str] = field(default_factory=dict[str, str])
    _across: AcrossWords = field(default_factory=lambda: AcrossWords({}, {}))

    async def refresh(self, connection: Connection) -> None:
        """Takes in the texts that have changed, by their hashes."""
        now: Mapping[str, str] = {}
        if len(await postgres.spoken(connection)) > 1:
            now = await postgres.all_text_hashes(connection, _MOST_TEXTS + 1)
        if len(now) > _MOST_TEXTS:
            now = {}
        gone = [key for key, known in self._hashes.items() if now.get(key) != known]
        new = sorted(key for key, content in now.items() if self._hashes.get(key) != content)
        if not gone and not new:
            return
        for key in gone:
            del self._hashes[key], self._words[key], self._languages[key]
        for start in range(0, len(new), _AT_ONCE):
            rows = await postgres.texts(connection, new[start : start + _AT_ONCE])
            read = await asyncio.to_thread(_read, {key: row.profile for key, row in rows.items()})
            for key, (words, language) in read.items():
                self._hashes[key], self._words[key] = rows[key].content_hash, words
                self._languages[key] = language
        self._across = AcrossWords(self._words, self._languages)

    def with_draft(self, key: str, profile: Profile) -> KeptWords:
        """The same with one more text, which nobody has saved."""
        more = KeptWords(dict(self._hashes), dict(self._words), dict(self._languages))
        if set(more._languages.values()) - {"", profile.language}:
            more._hashes[key], more._words[key] = "", kept_words(profile)
            more._languages[key] = profile.language
        more._across = AcrossWords(more._words, more._languages)
        return more

    def meetings(self, changed: Iterable[str]) -> set[Pair]:
        """The pairs worth comparing that these have moved: their own, and those of the resources near them."""
        across = self._across  # a refresh may put another in its place meanwhile
        moved = _around(across.nearest(changed))
        near = across.nearest(_around(across.nearest(moved)))
        return {pair for pair in across.meetings(near) if not moved.isdisjoint(pair)}

    def resemblances(self, pairs: Iterable[Pair]) -> dict[Pair, Resemblance]:
        """How alike the two of each pair are; pairs of one language, or of an unknown one, are left out."""
        asked = [(a, b) for a, b in pairs if self._languages.get(a, "") != self._languages.get(b, "")]
        across = self._across
        near = across.nearest({key for pair in asked for key in pair})
        found = {(a, b): across.resemblance(a, b, near) for a, b in asked}
        return {pair: one for pair, one in found.items() if one is not None}


def _around(near: Near) -> set[str]:
    return {*near, *(other for own in near.values() for other, _ in own)}


def _read(profiles: Mapping[str, bytes]) -> dict[str, tuple[U32, str]]:
    read = {key: Profile.from_bytes(stored) for key, stored in profiles.items()}
    return {key: (kept_words(profile), profile.language) for key, profile in read.items()}
