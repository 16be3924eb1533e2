"""Which translations lag behind their original, and what is quoted for it; no fitted number."""

from __future__ import annotations

from datetime import date

import pytest

from services.curator.analysis.carried import carried
from services.curator.analysis.model import Document, Judgement, Relation
from services.curator.analysis.text import segment
from services.curator.analysis.translations import behind, drift, originals
from tests.unit.analysis.shorthand import document

TODAY = date(2026, 1, 15)
ENGLISH = """# Lists

A list holds 3 values, read with `first`.

```
numbers = list(1, 2, 3)
```

## Sorting

Sort with `sort` and at most 200 items.

```
sorted = sort(numbers, "ascending")
```
"""
SPANISH = """# Listas

Una lista tiene 3 valores, se lee con `first`.

```
numbers = list(1, 2, 3)  # tres
```
"""
LEVEL = (
    SPANISH
    + """
## Ordenar

Se ordena con `sort`, con 200 elementos como máximo.

```
sorted = sort(numbers, "ascendente")
```
"""
)


def of(identifier: str, text: str, language: str, created: date, updated: date) -> Document:
    return document(identifier, text, title=identifier, language=language, created=created, updated=updated)


def translated(a: Document, b: Document) -> Judgement:
    return Judgement(a.id, b.id, Relation.TRANSLATED, 0.99, 0.95, 0.0, 0.0)


ORIGINAL = of("en", ENGLISH, "en", date(2019, 1, 1), date(2025, 6, 1))
OLD = of("es", SPANISH, "es", date(2020, 1, 1), date(2020, 1, 1))


def test_what_translators_keep_is_found_with_its_place_and_what_they_translate_is_not() -> None:
    english, spanish = segment(ORIGINAL), carried(segment(OLD))
    found = carried(english)
    assert set(spanish.items) < set(found.items)
    assert set(carried(segment(of("x", LEVEL, "es", TODAY, TODAY))).items) == set(found.items)
    for place in found.items.values():
        quoted = english[place.block].text[place.start : place.end]
        assert quoted in ENGLISH
        assert "sort" in quoted or "first" in quoted or "list" in quoted or quoted in ("3", "200")


def test_numbers_are_the_same_in_every_way_of_writing_them() -> None:
    made = [
        carried(segment(document("d", text))) for text in ("It is 1,000 m.", "Es sind 1.000 m.", "১০০০ মি")
    ]
    assert [set(one.items) for one in made] == [{"number 1000"}] * 3


def test_a_translation_lags_when_its_original_has_more_and_the_section_is_quoted() -> None:
    claim = behind(OLD, segment(OLD), ORIGINAL, segment(ORIGINAL), None, TODAY)
    assert claim is not None
    assert claim.code == "translation_behind"
    quotes = [quote.text for quote in claim.quotes]
    assert "## Sorting" in quotes
    assert 'sorted = sort(numbers, "ascending")' in quotes
    for quote in claim.quotes:
        assert ENGLISH[quote.start : quote.start + len(quote.text)] == quote.text
    assert {"missing", "sections", "later"} <= {reason.code for reason in claim.reasons}


def test_more_missing_is_more_likely_behind_and_a_level_one_least() -> None:
    level = of("es2", LEVEL, "es", date(2020, 1, 1), date(2025, 7, 1))
    lagging = behind(OLD, segment(OLD), ORIGINAL, segment(ORIGINAL), None, TODAY)
    kept_up = behind(level, segment(level), ORIGINAL, segment(ORIGINAL), None, TODAY)
    assert lagging is not None
    assert kept_up is None or kept_up.confidence < lagging.confidence


def test_an_original_changed_after_today_proves_nothing() -> None:
    assert behind(OLD, segment(OLD), ORIGINAL, segment(ORIGINAL), None, date(2025, 5, 31)) is None


def test_the_measures_of_equal_texts_are_nothing() -> None:
    same = carried(segment(ORIGINAL))
    assert drift(same, same, -30, 0.0) == {"missing": 0, "extra": 0, "blocks": 0, "length": 0, "later": 0}


@pytest.mark.parametrize(("first", "original"), [("en", "en"), ("es", "es")])
def test_the_original_is_in_the_language_that_was_mostly_there_first(first: str, original: str) -> None:
    documents: dict[str, Document] = {}
    pairs: list[Judgement] = []
    for number in range(3):
        days = {"en": date(2019, 1, 1), "es": date(2020, 1, 1)}
        if first == "es":
            days = {"es": date(2018, 1, 1), "en": date(2020, 1, 1)}
        if number == 2:  # one exception does not turn the others round
            days["en"], days["es"] = days["es"], days["en"]
        en, es = (of(f"{key}{number}", ENGLISH, key, day, day) for key, day in sorted(days.items()))
        documents |= {en.id: en, es.id: es}
        pairs.append(translated(en, es))
    found = originals(pairs, documents, {})
    assert {one.id[:2] for one in found.values()} == {original}
    assert len(found) == 3


def test_of_two_editions_of_the_original_the_newer_one_is_taken() -> None:
    before = of("en-old", ENGLISH, "en", date(2019, 1, 1), date(2019, 6, 1))
    documents = {one.id: one for one in (before, ORIGINAL, OLD)}
    found = originals([translated(before, OLD), translated(ORIGINAL, OLD)], documents, {})
    assert found["es"].id == "en"
    assert "en-old" not in found


def test_the_usual_length_is_known_from_five_pairs_of_two_languages() -> None:
    documents: dict[str, Document] = {}
    pairs: list[Judgement] = []
    for number in range(5):
        en = of(f"en{number}", "word " * 200, "en", date(2019, 1, 1), date(2019, 1, 1))
        es = of(f"es{number}", "palabra " * 250, "es", date(2020, 1, 1), date(2020, 1, 1))
        documents |= {en.id: en, es.id: es}
        pairs.append(translated(en, es))
    blocks = {key: segment(one) for key, one in documents.items()}
    known = originals(pairs, documents, blocks)["es0"].usual
    assert known is not None
    assert known > 0.5  # about twice as long
    assert originals(pairs[:4], documents, blocks)["es0"].usual is None
