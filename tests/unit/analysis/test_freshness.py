"""The clock, the claims and the plan they allow: behaviour.md §4 and its worked examples, no fitted number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curator.analysis import freshness as fr
from services.curator.analysis.ageing import freshness, last_sign
from services.curator.analysis.classes import HALF_LIVES, ContentClass, classify
from services.curator.analysis.freshness import Plan, Use, offered
from services.curator.analysis.lifecycle import endings, mentions
from services.curator.analysis.model import Claim, Document, Judgement, Passage, Quote, Reason, Relation
from services.curator.analysis.related import relate
from services.curator.analysis.succession import editions, superseded
from services.curator.analysis.text import segment as blocks
from tests.unit.analysis.shorthand import document

TODAY = date(2026, 1, 15)


def ago(months: float) -> date:
    return TODAY - timedelta(days=round(months * 365.25 / 12))


def claim(code: str, confidence: float, successor: str = "", *, hard: bool = False) -> Claim:
    return Claim(code, "d", confidence, code, successor=successor, hard=hard)


def judge(older: Document, newer: Document, confidence: float = 0.95) -> Judgement:
    quote = Quote(older.id, "page.html", 0, "Same words."), Quote(newer.id, "page.html", 0, "Same words.")
    return Judgement(
        older.id, newer.id, Relation.REVISED, 0.99, confidence, 0.8, 0.7, (Passage(*quote, "exact", 1.0),)
    )


def test_freshness_halves_with_each_half_life() -> None:
    assert freshness(0, 12) == 1.0
    assert freshness(365.25, 12) == pytest.approx(0.5)
    assert round(freshness(48 * 365.25 / 12, 36), 2) == 0.40  # behaviour §11.2


def test_old_but_right_content_is_asked_for_one_review_whatever_its_age() -> None:
    old = document("d", "Queues and stacks.", updated=date(1996, 1, 1))
    found = fr.claims(old, blocks(old), relate((), {"d": old}, {}), TODAY)
    for use in Use:
        finding = offered(found, fr.current_freshness(old, TODAY), use)
        assert finding is not None
        assert (finding.plan, finding.confidence) == (Plan.REVIEW, 1.0)
        assert finding.probability < 0.40


def test_a_review_is_due_at_one_half_life_and_not_before() -> None:
    half_life = HALF_LIVES[ContentClass.GENERAL]
    assert fr.review_due(document("d", updated=ago(half_life - 1)), TODAY) is None
    assert fr.review_due(document("d", updated=ago(half_life + 1)), TODAY) is not None


def test_a_house_rule_sets_another_half_life() -> None:
    document_ = document("d", updated=ago(20))
    assert fr.review_due(document_, TODAY) is None
    assert fr.review_due(document_, TODAY, {**HALF_LIVES, ContentClass.GENERAL: 12}) is not None


def test_a_stated_review_date_wins_over_the_half_life() -> None:
    old, fresh = ago(200), ago(1)
    assert fr.review_due(document("d", updated=old, review_date=ago(-6)), TODAY) is None
    late = fr.review_due(document("d", updated=fresh, review_date=ago(2)), TODAY)
    assert late is not None
    assert ago(2).isoformat() in late.text


def test_a_later_review_answers_the_stated_date() -> None:
    assert fr.review_due(document("d", updated=ago(30), review_date=ago(6), reviewed=ago(1)), TODAY) is None


def test_the_later_of_review_change_and_publication_starts_the_clock() -> None:
    known = document("d", created=ago(90), published=ago(60), updated=ago(50), reviewed=ago(2))
    assert last_sign(known, TODAY) == (ago(2), "reviewed")
    assert last_sign(document("d", created=ago(90)), TODAY) == (ago(90), "created")
    assert last_sign(document("d"), TODAY) is None
    assert last_sign(document("d", updated=TODAY + timedelta(days=1)), TODAY) is None


def test_what_has_expired_is_deprecated_at_once() -> None:
    gone = document("d", expires=ago(1), updated=ago(2))
    finding = offered(fr.claims(gone, (), relate((), {}, {}), TODAY), 0.9)
    assert finding is not None
    assert finding.plan is Plan.DEPRECATE
    assert fr.expired(document("d", expires=TODAY), TODAY) is None  # its last day


@pytest.mark.parametrize(
    ("claims", "use", "plan"),
    [
        ([claim("dated_statement", 0.5)], Use.NOT_KNOWN, Plan.REVIEW),
        ([claim("dated_statement", 0.75)], Use.SOME, Plan.UPDATE),
        ([claim("superseded", 0.75, "s")], Use.SOME, Plan.DEPRECATE),
        ([claim("superseded", 0.95, "s")], Use.SOME, Plan.ARCHIVE),
        ([claim("superseded", 0.95, "s")], Use.MUCH, Plan.UPDATE),
        ([claim("past_end", 0.95)], Use.NONE, Plan.ARCHIVE),
        ([claim("past_end", 0.95)], Use.NOT_KNOWN, Plan.UPDATE),
        ([claim("past_end", 0.95)], Use.SOME, Plan.UPDATE),
        ([claim("past_end", 0.95)], Use.MUCH, Plan.UPDATE),
        ([claim("expired", 1.0, hard=True)], Use.MUCH, Plan.DEPRECATE),
    ],
)
def test_the_plan_follows_from_probability_successor_and_use(
    claims: list[Claim], use: Use, plan: Plan
) -> None:
    finding = offered(claims, 1.0, use)
    assert finding is not None
    assert finding.plan is plan


def test_weak_evidence_alone_is_no_finding() -> None:
    assert offered([claim("past_end", 0.30)], 1.0) is None
    assert offered([], 0.0) is None


def test_several_claims_are_one_finding_and_a_due_review_is_not_listed_beside_them() -> None:
    found = [claim("superseded", 0.8, "s"), claim("dated_statement", 0.7), claim("review_due", 1.0)]
    finding = offered(found, 0.4)
    assert finding is not None
    assert [one.code for one in finding.claims] == ["superseded", "dated_statement"]
    assert finding.successor == "s"
    assert finding.confidence > 0.8


@given(
    st.lists(
        st.tuples(st.sampled_from(["dated_statement", "past_end", "review_due"]), st.floats(0, 1)), max_size=6
    ),
    st.floats(0, 1),
    st.sampled_from(list(Use)),
)
def test_nothing_is_archived_without_a_successor_unless_nobody_uses_it(
    found: list[tuple[str, float]], fresh: float, use: Use
) -> None:
    claims = [claim(code, confidence) for code, confidence in found]
    finding = offered(claims, fresh, use)
    if finding is not None and finding.plan is Plan.ARCHIVE:
        assert use is Use.NONE
    if all(one.code == "review_due" for one in claims):
        assert finding is None or finding.plan is Plan.REVIEW
    assert 0 <= fr.probability(claims, fresh) <= 0.97


def test_an_older_edition_is_superseded_by_the_newest_live_one() -> None:
    old = document("old", updated=ago(40))
    newer = document("newer", title="Edition 2", updated=ago(20))
    newest = document("newest", title="Edition 3", updated=ago(3))
    archived = document("archived", updated=ago(1), archived=True)
    documents = {one.id: one for one in (old, newer, newest, archived)}
    judgements = [judge(old, newer), judge(old, newest), judge(newer, newest), judge(old, archived)]
    found = superseded(old, (), editions(judgements, documents), documents, TODAY)
    assert found is not None
    assert found.successor == "newest"
    assert found.quotes[0].document == "old"
    assert superseded(newest, (), editions(judgements, documents), documents, TODAY) is None


def test_an_edition_of_the_future_supersedes_nothing_today() -> None:
    old, new = document("old", updated=ago(40)), document("new", created=ago(50), updated=ago(-2))
    documents = {"old": old, "new": new}
    assert superseded(old, (), editions([judge(old, new)], documents), documents, TODAY) is None


def test_the_successor_is_the_last_of_a_chain_of_editions() -> None:
    chain = [document(f"e{n}", title=f"Edition {n}", updated=ago(40 - 10 * n)) for n in range(3)]
    documents = {one.id: one for one in chain}
    newer = editions([judge(chain[0], chain[1], 0.8), judge(chain[1], chain[2])], documents)
    found = superseded(chain[0], (), newer, documents, TODAY)
    assert found is not None
    assert found.successor == "e2"
    assert found.confidence == pytest.approx(newer["e0"][0].confidence, abs=1e-4)  # the surest edition counts
    assert found.quotes[1].document == "e1"


def test_what_supersedes_a_copy_supersedes_its_twin() -> None:
    twin, old, new = (
        document("twin", updated=ago(40)),
        document("old", updated=ago(40)),
        document("new", updated=ago(1)),
    )
    documents = {one.id: one for one in (twin, old, new)}
    same = replace(judge(twin, old), relation=Relation.IDENTICAL)
    newer = editions([same, judge(old, new)], documents)
    found = superseded(twin, (), newer, documents, TODAY)
    assert found is not None
    assert found.successor == "new"
    assert superseded(twin, (), editions([same], documents), documents, TODAY) is None


def test_a_page_rewritten_under_its_title_supersedes_what_ended_before_it() -> None:
    old = document("old", title="Ladder safety inspections", updated=ago(40))
    new = document("new", title="Ladder safety inspections", updated=ago(3))
    documents = {"old": old, "new": new}
    found = superseded(old, (), editions([], documents), documents, TODAY)
    assert found is not None
    assert found.successor == "new"
    assert superseded(new, (), editions([], documents), documents, TODAY) is None


@pytest.mark.parametrize(
    ("titles", "months"),
    [
        (["Introduction", "Introduction"], [40, 3]),  # a title of one word names no one thing
        (["Review of the chapter"] * 5, [50, 40, 30, 20, 10]),  # nor one that many have had
    ],
)
def test_titles_that_name_no_one_thing_make_no_editions(titles: list[str], months: list[int]) -> None:
    made = [
        document(f"d{n}", title=title, updated=ago(age))
        for n, (title, age) in enumerate(zip(titles, months, strict=True))
    ]
    assert not editions([], {one.id: one for one in made})


def test_two_texts_of_one_title_kept_up_side_by_side_are_two_things() -> None:
    first = [document(f"a{n}", title="Reading data files", updated=ago(40 - 20 * n)) for n in range(2)]
    second = [document(f"b{n}", title="Reading data files", updated=ago(30 - 20 * n)) for n in range(2)]
    documents = {one.id: one for one in (*first, *second)}
    newer = editions([judge(first[0], first[1]), judge(second[0], second[1])], documents)
    found = superseded(second[0], (), newer, documents, TODAY)
    assert found is not None
    assert found.successor == "b1"
    assert superseded(second[1], (), newer, documents, TODAY) is None
    assert superseded(first[1], (), newer, documents, TODAY) is None


def test_of_twins_the_one_seen_last_is_named() -> None:
    old = document("old", updated=ago(40))
    gone = document("z-gone", updated=ago(5), seen=ago(4))
    live = document("live", updated=ago(5))
    documents = {one.id: one for one in (old, gone, live)}
    same = replace(judge(gone, live), relation=Relation.IDENTICAL)
    newer = editions([judge(old, gone), judge(old, live), same], documents)
    found = superseded(old, (), newer, documents, TODAY)
    assert found is not None
    assert found.successor == "live"


def test_an_edition_pair_of_unclear_direction_supersedes_nobody() -> None:
    one, other = document("one", updated=ago(9)), document("other", updated=ago(9))
    unclear = replace(judge(one, other), reasons=(Reason("direction_unclear", 0.0, "Nothing tells."),))
    documents = {"one": one, "other": other}
    assert superseded(one, (), editions([unclear], documents), documents, TODAY) is None


def test_a_document_that_says_it_was_replaced_points_to_the_one_of_that_name() -> None:
    old = document("old", "This course has been replaced by Safe Lifting at Work.")
    new = document("new", title="Safe lifting at work")
    found = superseded(old, blocks(old), {}, {"old": old, "new": new}, TODAY)
    assert found is not None
    assert found.successor == "new"
    assert found.quotes[0].text == old.parts[0].text


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Anti-bribery and gifts", "What you may accept.", ContentClass.COMPLIANCE),
        ("Travel and expenses policy", "How to claim.", ContentClass.POLICY),
        ("Coaching skills for leaders", "Listening.", ContentClass.SKILLS),
        ("English grammar 2", "The past tense.", ContentClass.EVERGREEN),
        ("Price list, spring", "", ContentClass.NEWS),
        ("Lake walks", "A walk.", ContentClass.GENERAL),
    ],
)
def test_the_class_follows_from_words_and_says_which(title: str, text: str, expected: ContentClass) -> None:
    found = classify(document("d", text, title=title))
    assert found.content_class is expected
    assert found.why


def test_a_product_past_its_end_is_claimed_with_its_sentences_and_source() -> None:
    text = "Open Internet Explorer and sign in.\n\nInternet Explorer then shows your courses."
    made = document("d", text, title="Signing in", updated=date(2020, 1, 1))
    (found,) = fr.past_end(made, blocks(made), TODAY)
    assert found.code == "past_end"
    assert [quote.text for quote in found.quotes] == text.split("\n\n")
    assert "https://" in found.reasons[0].text
    assert found.confidence >= 0.40


@pytest.mark.parametrize(
    "text",
    [
        "Internet Explorer was replaced by Microsoft Edge.",
        "We formerly used Internet Explorer.",
        "Python 3.6 or later is needed.",
        "Migrate from Windows 7 by the guide below.",
        "```\nInternet Explorer\n```",
        "Use Windows 11 for this.",
        "Skype for Business Server is on site.",
    ],
)
def test_text_that_knows_of_the_end_is_no_evidence(text: str) -> None:
    made = document("d", text)
    assert mentions(made, blocks(made), TODAY) == ()


def test_an_end_that_has_not_come_is_no_evidence() -> None:
    made = document("d", "Install it on Windows 10.")
    assert mentions(made, blocks(made), date(2025, 10, 14)) == ()
    assert [mention.ending.name for mention in mentions(made, blocks(made), TODAY)] == ["Windows 10"]


def test_every_row_of_the_table_finds_its_own_names_and_cites_a_source() -> None:
    for ending in endings():
        assert ending.source.startswith("https://"), ending.name
        assert ending.pattern.search(f"Use {ending.name} here.") or ending.keys, ending.name
        if ending.replacement:
            assert not ending.pattern.search(ending.replacement), ending.name
    assert len({ending.name for ending in endings()}) == len(endings())


def test_what_people_said_to_be_two_things_supersedes_nobody() -> None:
    old = document("z-old", title="Reading data files", updated=ago(40))
    new = document("new", title="Reading data files", updated=ago(5))
    documents = {one.id: one for one in (old, new)}
    for ties in ([judge(old, new)], []):  # by their texts, and by their title alone
        related = relate(ties, documents, {})
        assert superseded(old, (), related.editions, documents, TODAY) is not None
        related = relate(ties, documents, {}, {("new", "z-old")})
        assert superseded(old, (), related.editions, documents, TODAY) is None


def test_what_names_say_to_be_two_things_supersedes_nobody() -> None:
    first = document("first", title="Alarm of the left pump", created=ago(60), updated=ago(40))
    other = document("other", title="Cleaning the canteen at night", created=ago(50), updated=ago(5))
    documents = {"first": first, "other": other}
    whole = judge(first, other)
    parts = replace(whole, coverage_a=0.5, coverage_b=0.5)
    assert superseded(first, (), relate([whole], documents, {}).editions, documents, TODAY) is not None
    assert superseded(first, (), relate([parts], documents, {}).editions, documents, TODAY) is None
