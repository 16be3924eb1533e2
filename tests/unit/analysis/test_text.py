"""Text into blocks: every block stands where it says, nothing is lost, long ones are split, time stays linear."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.curator.analysis.model import BlockKind
from services.curator.analysis.text import normalised, segment, sentences, words
from tests.unit.analysis.prose import document

_LINES = (
    *(
        "# Heading",
        "## Two",
        "plain words here.",
        "- item one",
        "1. first",
        "| a | b |",
        "```",
        "~~~",
        "----",
    ),
    *(
        "",
        " ",
        "Why is that?",
        "> quoted",
        "    indented",
        "===",
        "naïve Straße 漢字仮名",
        "* * *",
        "<b>x</b>",
    ),
    *("[a link](http://x.y/z(1))", "word " * 230, "x" * 3000, "\u2028", "\r"),
)
_MARKDOWN = st.lists(st.sampled_from(_LINES), max_size=30).map("\n".join)


def kinds(text: str) -> list[BlockKind]:
    return [block.kind for block in segment(document("d", text))]


@given(st.one_of(_MARKDOWN, st.text(max_size=400)))
def test_every_block_is_the_text_of_its_part_between_its_ends(text: str) -> None:
    blocks = segment(document("d", text))
    for block in blocks:
        assert block.text == text[block.start : block.end]
        assert block.text == block.text.strip()
        assert block.words > 0
    assert all(one.end <= next_.start for one, next_ in pairwise(blocks))


@given(_MARKDOWN)
def test_the_sentences_of_a_block_hold_exactly_its_words(text: str) -> None:
    for block in segment(document("d", text)):
        said = [word.casefold() for sentence in sentences(block) for word in sentence.words]
        assert said == words(block.text, code=block.kind is BlockKind.CODE)


@given(st.lists(st.sampled_from(["word", "Wörter", "漢", "x" * 400, "12345678901234567890"]), max_size=900))
def test_no_block_is_longer_than_the_model_reads(said: list[str]) -> None:
    assert all(block.words <= 240 for block in segment(document("d", " ".join(said))))


def test_markdown_is_told_apart_by_kind() -> None:
    text = (
        "# Title\n\nA paragraph\nof two lines.\n\n- one\n- two\n  goes on\n\n- three\n\n| a | b |\n| c | d |\n\n"
        "Is this a question?\n\n```sh\nls -l\n\ncd /\n```\n\nFigure 3: a curve"
    )
    assert kinds(text) == [
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
        BlockKind.LIST,
        BlockKind.TABLE,
        BlockKind.QUESTION,
        BlockKind.CODE,
        BlockKind.CAPTION,
    ]


def test_asciidoc_headings_and_listings_are_read_too() -> None:
    assert kinds("== Setup\n\nFirst this.\n\n----\nrun me\n----\n\nThen that.") == [
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
        BlockKind.CODE,
        BlockKind.PARAGRAPH,
    ]


def test_a_slide_separator_starts_no_listing() -> None:
    assert kinds("One slide.\n\n---\n\nNext slide.\n\n---\n\nLast slide.") == [BlockKind.PARAGRAPH] * 3


def test_a_block_knows_the_heading_above_it() -> None:
    blocks = segment(document("d", "Before.\n\n## Ovens\n\nHot."))
    assert [block.heading for block in blocks] == ["", "", "Ovens"]


def test_case_punctuation_list_marks_and_link_targets_do_not_change_a_hash() -> None:
    def hashes(text: str) -> list[str]:
        return [block.hash for block in segment(document("d", text))]

    assert hashes("Keep the *door* shut!") == hashes("keep the door — shut")
    assert hashes("1. Open\n2. Close") == hashes("- open\n- close")
    assert hashes("See [the sheet](https://a.example/b) now") == hashes("See the sheet now")
    assert hashes("Keep the door shut") != hashes("Shut the door keep")


def test_what_an_embedder_reads_depends_on_the_hash_alone() -> None:
    one, other = segment(document("d", "Keep the **door** shut!\n\nkeep the door shut"))
    assert one.hash == other.hash
    assert normalised(one) == normalised(other) == "keep the door shut"


def test_sixty_thousand_characters_that_never_close_are_read_in_time() -> None:
    begun = time.perf_counter()
    for text in (
        "[a](" * 15_000,
        "<b " * 20_000,
        "----\nx\n" * 8_500,
        "a. " * 20_000,
        "```\n" * 15_000,
        "(" * 60_000,
    ):
        for block in segment(document("d", text)):
            list(sentences(block))
    assert time.perf_counter() - begun < 10
