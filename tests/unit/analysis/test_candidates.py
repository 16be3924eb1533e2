"""Candidates: whoever shares blocks, wording or meaning is found; templates do not flood; limits hold."""

from __future__ import annotations

import numpy as np

from services.curator.analysis import candidates
from services.curator.analysis.embedding import WordEmbedder
from services.curator.analysis.fingerprints import Profile, profile
from services.curator.analysis.text import normalised, segment
from tests.unit.analysis.prose import LADDERS, LADDERS_OTHER_WORDS, PHISHING, document


def profiles(texts: dict[str, str]) -> dict[str, Profile]:
    made: dict[str, Profile] = {}
    for name, text in texts.items():
        one = document(name, text)
        made[name] = profile(one, segment(one))
    return made


def test_an_edited_copy_is_a_candidate_without_any_vector() -> None:
    edited = LADDERS.replace("three", "two").replace("red", "yellow").replace("firm and level", "solid, even")
    made = profiles({"a": LADDERS, "b": edited, "c": PHISHING})
    assert candidates.pairs(made, frozenset()) == [("a", "b")]


def test_other_words_on_the_same_topic_become_candidates_by_meaning_only() -> None:
    texts = {"a": LADDERS, "b": LADDERS_OTHER_WORDS}
    made = profiles(texts)
    assert candidates.pairs(made, frozenset()) == []
    near = {"a": [("b", 0.83)], "b": [("a", 0.83)]}
    assert candidates.pairs(made, frozenset(), near) == [("a", "b")]


def test_a_neighbour_too_far_away_is_no_candidate() -> None:
    assert candidates.rank({}, [("b", candidates.SIMILAR - 0.01)]) == []


def test_the_most_promising_come_first_and_never_more_than_the_limit() -> None:
    shared = {f"r{n:03}": n for n in range(1, 200)}
    found = candidates.rank(shared, [("meant", 0.95)], limit=50)
    assert len(found) == 50
    assert found[0] == "r199"


def test_of_equally_promising_ones_texts_choose_and_not_names() -> None:
    texts = [f"{PHISHING}\n\nThis copy belongs to room {number}." for number in range(12)]

    def chosen(names: list[str]) -> set[frozenset[str]]:
        made = profiles(dict(zip(names, texts, strict=True)))
        back = dict(zip(names, texts, strict=True))
        return {frozenset((back[a], back[b])) for a, b in candidates.pairs(made, frozenset(), limit=2)}

    names = [f"r{number:02}" for number in range(12)]
    assert chosen(names) == chosen(names[::-1])
    assert 0 < len(chosen(names)) < 66


def test_a_block_in_five_of_twenty_is_boilerplate_and_in_four_is_not() -> None:
    footer = "Questions about this course go to the learning desk on the second floor."
    made = profiles(
        {f"d{n:02}": f"Lesson {n} of {n + 3}.\n\n{footer if n < 5 else 'Other.'}" for n in range(20)}
    )
    framed = candidates.boilerplate(made)
    assert made["d00"].block_hashes[1] in framed
    assert not candidates.is_boilerplate(4, 20)
    assert not candidates.is_boilerplate(8, 400)
    assert candidates.is_boilerplate(9, 400)


def test_headings_labels_and_boilerplate_get_no_vector() -> None:
    blocks = segment(
        document("d", "# A long heading about nothing in particular\n\nSee above.\n\n" + PHISHING)
    )
    framed = frozenset({blocks[3].hash})
    kept = candidates.telling(blocks, framed)
    assert blocks[0].hash not in kept
    assert blocks[1].hash not in kept
    assert blocks[3].hash not in kept
    assert kept


def test_neighbours_are_exactly_the_nearest_blocks_of_other_documents() -> None:
    embedder = WordEmbedder()
    texts = {"a": LADDERS, "b": LADDERS.replace("ladder", "trestle"), "c": PHISHING}
    holders: dict[str, list[str]] = {}
    said: dict[str, str] = {}
    for name, text in texts.items():
        for key, block in candidates.telling(segment(document(name, text))).items():
            holders.setdefault(key, []).append(name)
            said[key] = normalised(block)
    keys = sorted(said)
    vectors = dict(zip(keys, embedder.encode([said[key] for key in keys]), strict=True))
    found = candidates.neighbours(holders, vectors)
    expected = {
        (name, other, round(float(vectors[one] @ vectors[two]), 5))
        for one in keys
        for two in keys
        if one != two and float(vectors[one] @ vectors[two]) >= candidates.SIMILAR
        for name in holders[one]
        for other in holders[two]
        if other not in holders[one]
    }
    assert {
        (name, other, round(cosine, 5)) for name, near in found.items() for other, cosine in near
    } == expected
    assert expected


def test_the_small_embedder_gives_unit_rows_that_depend_on_the_text_alone() -> None:
    embedder = WordEmbedder()
    rows = embedder.encode(["a ladder", "", "a ladder"])
    assert rows.shape == (3, embedder.dimension)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.array_equal(rows[0], rows[2])
