"""Documents of two languages by the words that both keep."""

from __future__ import annotations

import numpy as np
import pytest

from services.curator.analysis.across_words import AcrossWords, kept_words
from services.curator.analysis.fingerprints import U32, profile
from services.curator.analysis.text import segment
from tests.unit.analysis.prose import document

ENGLISH = {
    "curie": "Marie Curie measured the rays of uranium with an electrometer in 1898 and named polonium after Poland.",
    "hubble": "Edwin Hubble saw at Mount Wilson in 1923 that Andromeda is no nebula, by a star of the Cepheid kind.",
    "ladder": "A ladder stands on firm ground and nobody walks below it while somebody climbs.",
    "tea": "Green leaves want water of eighty degrees, black leaves take boiling water and four minutes.",
    "ohm": "Georg Ohm found in 1827 how current and resistance belong together, which Fourier had written of heat.",
    "hertz": "Heinrich Hertz sent sparks across a room in Karlsruhe in 1887 and so confirmed Maxwell.",
}
SPANISH = {
    "curie-es": "Marie Curie midió los rayos del uranio con un electrómetro en 1898 y llamó polonium al elemento.",
    "hubble-es": "Edwin Hubble vio en Mount Wilson en 1923 que Andromeda no es una nebulosa, por una Cepheid.",
    "escalera": "Una escalera se apoya en suelo firme y nadie camina por debajo mientras alguien sube.",
    "te": "Las hojas verdes quieren agua a ochenta grados, las negras agua hirviendo y cuatro minutos.",
    "ohm-es": "Georg Ohm halló en 1827 cómo se relacionan corriente y resistencia, lo que Fourier escribió del calor.",
    "hertz-es": "Heinrich Hertz envió chispas en Karlsruhe en 1887 y confirmó así a Maxwell.",
}


def catalog(texts: dict[str, str], languages: dict[str, str]) -> AcrossWords:
    words: dict[str, U32] = {}
    for key, text in texts.items():
        one = document(key, text)
        words[key] = kept_words(profile(one, segment(one)))
    return AcrossWords(words, languages)


LANGUAGES = {**dict.fromkeys(ENGLISH, "en"), **dict.fromkeys(SPANISH, "es")}
ALL = catalog({**ENGLISH, **SPANISH}, LANGUAGES)


def test_names_and_numbers_bring_translations_together() -> None:
    near = ALL.nearest()
    assert near["curie"][0][0] == "curie-es"
    assert near["ohm-es"][0][0] == "ohm"
    met = ALL.meetings(near)
    assert {("curie", "curie-es"), ("hubble", "hubble-es"), ("ohm", "ohm-es"), ("hertz", "hertz-es")} <= set(
        met
    )
    assert ("ladder", "te") not in met
    assert ("ladder", "tea") not in met


def test_a_translation_stands_out_and_another_text_does_not() -> None:
    near = ALL.nearest()
    own, other = ALL.resemblance("curie", "curie-es", near), ALL.resemblance("curie", "hubble-es", near)
    assert own is not None
    assert other is not None
    assert own.margin > 2 > 1 > other.margin
    assert own == ALL.resemblance("curie-es", "curie", near)
    assert ALL.resemblance("curie", "hubble", near) is None


def test_two_documents_alone_do_not_stand_out() -> None:
    alone = catalog({"curie": ENGLISH["curie"], "curie-es": SPANISH["curie-es"]}, LANGUAGES)
    near = alone.nearest()
    assert near["curie"][0][1] > 0
    assert alone.resemblance("curie", "curie-es", near) is None


def test_a_word_of_few_documents_says_more_than_one_of_many() -> None:
    rare, common = 1, 2
    said = {"a": [rare, common], "x": [rare, 3, 4], "y": [common, 3, 4], "b": [common, 5], "c": [common, 6]}
    words = {key: np.array(own, dtype=np.uint32) for key, own in said.items()}
    near = AcrossWords(words, {"a": "en", "b": "en", "c": "en", "x": "es", "y": "es"}).nearest()
    assert [name for name, _ in near["a"]] == ["x", "y"]


def test_only_what_is_asked_for_is_looked_up() -> None:
    near = ALL.nearest(["curie", "nobody"], count=1)
    assert [name for name, _ in near["curie"]] == ["curie-es"]
    assert near.keys() == {"curie"}


@pytest.mark.parametrize("languages", [dict.fromkeys(LANGUAGES, "en"), dict.fromkeys(LANGUAGES, "")])
def test_one_language_or_none_has_no_neighbours(languages: dict[str, str]) -> None:
    assert not catalog({**ENGLISH, **SPANISH}, languages).nearest()
    assert not catalog({}, {}).nearest()


def test_what_it_was_given_may_change_while_it_is_asked() -> None:
    one = document("curie", ENGLISH["curie"])
    kept = kept_words(profile(one, segment(one)))
    words: dict[str, U32] = {"curie": kept, "curie-es": kept}
    made = AcrossWords(words, LANGUAGES)
    words.clear()
    assert [name for name, _ in made.nearest(["curie"])["curie"]] == ["curie-es"]
