"""A copy of the sample in which every title, id and company has another name: what is found follows the names.

Titles are evidence too (an edition in a title, a title that repeats), so a few suggestions near a threshold may differ.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sample.rename import rename
from tests.stack import SAMPLE, Stack

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]  # a second Winnow reads the whole sample

Found = set[tuple[str, str, frozenset[str]]]


def found(stack: Stack) -> Found:
    """Kind, relation and external ids of what it is sure of."""
    return {
        (each["kind"], each["relation"], frozenset(member["externalId"] for member in each["members"]))
        for each in stack.suggestions("OPEN", "HELD")
        if each["confidence"] >= 0.70
    }


def test_what_is_found_follows_the_names(sample: Stack, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    names = rename(SAMPLE, copy)
    before = {
        (kind, relation, frozenset(map(names.external_id, ids))) for kind, relation, ids in found(sample)
    }
    stack = Stack(tmp_path / "data").up()
    try:
        stack.import_sample(copy)
        after = found(stack)
    finally:
        stack.down()
    assert len(before ^ after) <= 0.05 * len(before), (before - after, after - before)
