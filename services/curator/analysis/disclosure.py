"""What may be told of groups of learners: nothing on fewer than five (behaviour §2)."""

from __future__ import annotations

from services.curator.analysis.ageing import count

LEAST = 5


def few(number: float) -> bool:
    """Whether a count is of somebody, but of fewer than five."""
    return 0 < number < LEAST


def learners(number: int) -> str:
    """The count in words; `fewer than 5 learners` of one to four."""
    return f"fewer than {LEAST} learners" if few(number) else count(number, "learner")


def told(number: int) -> int:
    """The count as a figure; five stands for one to four."""
    return LEAST if few(number) else number
