"""Openings, who meets whom across languages, and how a resemblance is read.

Vectors here are made by hand; what the model makes of real texts is measured, not tested.
"""

from __future__ import annotations

import numpy as np
import pytest

from services.curator.analysis.across import meetings, nearest_across, opening, resemblance
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.text import segment
from tests.unit.analysis.prose import document


def at(degrees: float) -> Vectors:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], dtype=np.float32)


LANGUAGES = {"en1": "en", "en2": "en", "es1": "es", "es2": "es", "de1": "de"}
AROUND = {"en1": at(0), "es1": at(10), "de1": at(15), "en2": at(60), "es2": at(65)}


def test_an_opening_is_prose_without_title_code_targets_and_marks() -> None:
    body = (
        "# Ladders\n\nSet it on *firm* ground, see [the `guide`](https://example.org/guide).\n\n"
        "```\nladder.set()\n```\n\n- two people\n- one rope"
    )
    assert opening(segment(document("a", body))) == (
        "Set it on firm ground, see the guide . two people one rope"
    )


def test_an_opening_ends_where_it_is_told_to() -> None:
    blocks = segment(document("a", "one two three\n\nfour five six\n\nseven"))
    assert opening(blocks, length=17) == "one two three fou"
    assert opening(blocks, length=13) == "one two three"


def test_an_opening_leaves_out_the_frame_that_many_texts_stand_in() -> None:
    blocks = segment(
        document("a", "Tarnwick Water Learning Hub\n\n- Welcome\n- Test\n\nSign in at the gate.")
    )
    assert opening(blocks, {blocks[0].hash}) == "Welcome Test Sign in at the gate."
    everything = {block.hash for block in blocks}  # as of a text that has many copies
    assert opening(blocks, everything) == opening(blocks)


def test_a_document_of_code_alone_has_no_opening() -> None:
    assert opening(segment(document("a", "# Run\n\n```\nmake demo\n```"))) == ""


def test_the_nearest_of_each_other_language_are_found_and_none_of_the_own() -> None:
    near = nearest_across(AROUND, LANGUAGES, 1)
    assert [other for other, _ in near["en1"]] == ["es1", "de1"]
    assert [other for other, _ in near["de1"]] == ["es1", "en1"]
    assert near["en1"][0][1] == pytest.approx(np.cos(np.radians(10)), abs=1e-6)
    asked = nearest_across(AROUND, LANGUAGES, 1, of=["en1", "nobody"])
    assert asked == {"en1": near["en1"]}


def test_a_document_of_no_known_language_is_nobodys_neighbour() -> None:
    near = nearest_across(AROUND, {**LANGUAGES, "es1": ""}, 1)
    assert "es1" not in near
    assert [other for other, _ in near["en1"]] == ["de1", "es2"]


def test_those_meet_who_choose_each_other() -> None:
    # de1 is the only one of its language, so everybody's first there; it knows one of each other language.
    near = nearest_across(AROUND, LANGUAGES, 1)
    assert meetings(near, LANGUAGES, 1) == [("de1", "en1"), ("de1", "es1"), ("en1", "es1"), ("en2", "es2")]


def test_one_side_may_choose_more_freely_than_the_other() -> None:
    near = {"en1": [("es1", 0.9), ("es2", 0.8)], "es1": [("en1", 0.9)], "es2": [("en2", 0.9), ("en1", 0.8)]}
    languages = {"en1": "en", "en2": "en", "es1": "es", "es2": "es"}
    assert meetings(near, languages, 1) == [("en1", "es1")]
    assert meetings(near, languages, 2) == [("en1", "es1"), ("en1", "es2")]


def test_a_margin_tells_a_translation_from_a_subject_everybody_writes_about() -> None:
    languages = {"a": "en", **{f"b{n}": "es" for n in range(5)}}
    crowd = {"a": at(0), **{f"b{n}": at(20) for n in range(5)}}
    alone = {**crowd, **{f"b{n}": at(40) for n in range(1, 5)}}
    among = resemblance("a", "b0", crowd, nearest_across(crowd, languages), languages)
    apart = resemblance("a", "b0", alone, nearest_across(alone, languages), languages)
    assert among is not None
    assert apart is not None
    assert among.cosine == pytest.approx(apart.cosine)
    assert apart.margin > among.margin


def test_a_margin_is_the_ratio_of_the_paper_with_the_usual_cosine_where_nobody_else_is() -> None:
    across = {"a": at(0), "b": at(30), "c": at(60)}
    languages = {"a": "en", "b": "es", "c": "es"}
    near = nearest_across(across, languages)
    found = resemblance("a", "b", across, near, languages)
    assert found is not None
    beside_a = (np.cos(np.radians(60)) + 3 * 0.8) / 4
    assert found.margin == pytest.approx(np.cos(np.radians(30)) / ((beside_a + 0.8) / 2), abs=1e-6)
    assert found == resemblance("b", "a", across, near, languages)


def test_without_a_vector_nothing_is_said() -> None:
    near = nearest_across(AROUND, LANGUAGES)
    assert resemblance("en1", "es9", AROUND, near, LANGUAGES) is None
