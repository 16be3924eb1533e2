"""Profiles: what is stored is what was measured; documents that share wording share keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curator.analysis.fingerprints import NAME, NUMBER, YEAR, Profile, profile
from services.curator.analysis.languages import language_of
from services.curator.analysis.text import segment
from tests.unit.analysis.prose import LADDERS, PHISHING, document


def profiled(text: str, **fields: Any) -> Profile:
    made = document("d", text, **fields)
    return profile(made, segment(made))


@given(st.text(max_size=300))
def test_a_stored_profile_is_read_back_as_it_was(text: str) -> None:
    made = profiled(text)
    read = Profile.from_bytes(made.to_bytes())
    for name in ("words", "flags", "sentence_ends", "block_ends", "block_kinds", "links", "code", "headings"):
        assert np.array_equal(getattr(made, name), getattr(read, name)), name
    assert (read.block_hashes, read.language, read.content) == (
        made.block_hashes,
        made.language,
        made.content,
    )
    assert read.bands == made.bands


@given(st.text(max_size=300))
def test_each_block_ends_where_one_of_its_sentences_ends(text: str) -> None:
    made = profiled(text)
    assert len(made.block_ends) == len(made.block_hashes)
    assert set(made.block_ends.tolist()) <= set(made.sentence_ends.tolist())


@pytest.mark.parametrize("stored", [b"", b"junk", b"x\x9c"])
def test_what_is_no_profile_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="no profile"):
        Profile.from_bytes(stored)


def test_a_page_shares_keys_with_the_book_that_holds_it_and_none_with_another() -> None:
    page = set(profiled(LADDERS).bands)
    book = set(
        profiled(
            "\n\n".join(f"Chapter {n} says {n * 7} things about item {n}." for n in range(900)) + LADDERS
        ).bands
    )
    assert len(page & book) >= 0.5 * len(page)
    assert not page & set(profiled(PHISHING).bands)


def test_a_text_of_a_few_words_has_keys_too() -> None:
    assert len(profiled("Read this page before you start your first shift at the plant.").bands) >= 8


def test_numbers_years_and_names_are_told_apart() -> None:
    made = profiled("In 2024 the warden Maria checked 17 doors. Doors stay shut.")
    by_word = dict(zip(made.words.tolist(), made.flags.tolist(), strict=True))
    flags = [by_word[word] for word in made.words.tolist()]
    assert flags[1] & YEAR
    assert flags[4] & NAME
    assert flags[6] & NUMBER
    assert not flags[6] & YEAR
    assert not flags[7] & NAME


def test_the_words_win_over_a_language_field_that_says_one_language_for_all() -> None:
    german = "Die Leiter steht auf festem Boden und wird nicht ohne einen zweiten Kollegen benutzt."
    assert profiled(german, language="en").language == "de"
    assert profiled("Zzz qqq", language="pt-BR").language == "pt"
    spanish = ["el", "curso", "es", "para", "los", "que", "no", "han", "hecho", "nada", "de", "esto"]
    assert language_of(spanish) == "es"
    assert language_of(["kubernetes"]) == ""
