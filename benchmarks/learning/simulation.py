"""Years of review in seconds: the rules of the catalog, with findings whose probability is known and made-up reviewers.

What decides is the catalog's own code: places, pauses, blind ones, maps. Made up are the findings and who judges them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.catalog.review import calibration, pauses
from services.catalog.review.calibration import IDENTITY, Map
from services.catalog.review.domain import OPEN_FROM, Assignee, State
from services.catalog.review.findings import Kind, Member, Proposal, Relation
from services.catalog.review.outcomes import Outcome, label_of
from services.catalog.review.pacing import Waiting, allocated
from services.catalog.review.pauses import Pace

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KIND = Kind.DUPLICATE
GRID = [OPEN_FROM + (1 - OPEN_FROM) * n / 300 for n in range(301)]
"""Scores of findings that may be shown, as evenly as they are drawn."""


@dataclass(frozen=True, slots=True)
class World:
    """How often a finding of a score is right, on a day."""

    name: str
    right: Callable[[float, int], float]


def _line(low: float, high: float) -> Callable[[float, int], float]:
    return lambda score, _: low + (high - low) * (score - OPEN_FROM) / (1 - OPEN_FROM)


OVERCONFIDENT = World("score too high", _line(0.50, 0.88))
UNDERCONFIDENT = World("score too low", _line(0.90, 0.99))
STEP = World("right only from 0.85", lambda score, _: 0.95 if score >= 0.85 else 0.45)
HOPELESS = World("right in 3 of 10", lambda _, __: 0.30)
RECOVERS = World("right in 3 of 10, from day 30 in 19 of 20", lambda _, day: 0.30 if day < 30 else 0.95)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who judges, and how they err.

    `noise`: share of decisions that are a coin's. `anchored`: how much more often a wrong finding passes when a
    confidence of 0.80 or more is shown with it. `lenient`: share of wrong findings on the same topic that pass;
    three wrong ones in ten are of that kind. `silent`: share refused with a reason that leaves no label.
    """

    name: str
    noise: float = 0.0
    anchored: float = 0.0
    lenient: float = 0.0
    silent: float = 0.05

    def passes(self, confidence: float | None) -> float:
        """How often a wrong finding is called right; None when the confidence is not shown."""
        anchored = self.anchored if confidence is not None and confidence >= ANCHOR else 0.0
        return 1 - (1 - anchored) * (1 - SAME_TOPIC * self.lenient)

    def says_right(self, truth: float, confidence: float | None) -> float:
        """How often a finding that is right with probability `truth` is called right."""
        judged = truth + (1 - truth) * self.passes(confidence)
        return (1 - self.noise) * judged + self.noise / 2


QUEUE = 60  # findings that wait; older ones go, so that a run of thousands stays short
ANCHOR = 0.80
SAME_TOPIC = 0.30
INTENDED = 0.10  # of what is called right: refused all the same, as an intentional copy
CAREFUL = Reviewer("careful", silent=0.0)
BIASED = Reviewer("biased and noisy", noise=0.10, anchored=0.15, lenient=0.30)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How things stand after so many decisions. Errors are expected calibration errors over what may be shown.

    `reviewer`: against how often the reviewer calls such findings right; `truth`: against how often they are;
    `reported`: what GetReliability says, from labels alone, None before anything was decided.
    """

    decisions: int
    labels: int
    version: int
    reviewer: float
    truth: float
    reported: float | None
    blind: bool
    paused: bool


@dataclass
class Review:
    """One kind under one reviewer. `a_day`: how many decisions they make at most; `arriving`: findings a day."""

    world: World
    reviewer: Reviewer
    seed: int = 1
    a_day: int = 10
    arriving: int = 14
    pausing: bool = True
    waiting: list[Waiting] = field(default_factory=list[Waiting])
    blind: set[str] = field(default_factory=set[str])
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    map: Map = IDENTITY
    maps: list[Map] = field(default_factory=list[Map])
    pace: Pace = field(default_factory=lambda: Pace(KIND))
    paces: list[Pace] = field(default_factory=list[Pace])
    day: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._made = 0
        self._counted_from = 0

    @property
    def now(self) -> datetime:
        """The moment of the day's decisions."""
        return START + self.day * DAY

    @property
    def _since(self) -> list[Outcome]:
        """The decisions that the pace is judged by."""
        newest = 0 if self.pace.pause_time else len(self.outcomes) - pauses.WINDOW
        return self.outcomes[max(self._counted_from, newest) :]

    def days(self) -> Iterator[int]:
        """Lives on, day by day; what is decided so far is in `outcomes`."""
        while True:
            self._night()
            self._arrive()
            self._place()
            for _ in range(self.a_day):
                opened = [each for each in self.waiting if each.state is State.OPEN]
                if not opened:
                    break
                self._decide(max(opened, key=lambda each: each.priority))
                self._place()
            yield self.day
            self.day += 1

    def until(self, decisions: int) -> Checkpoint:
        """How things stand once so many have been decided."""
        for _ in self.days():
            if len(self.outcomes) >= decisions:
                break
        return self.checkpoint()

    def checkpoint(self) -> Checkpoint:
        """How things stand now."""
        shown = [self.map.confidence(score) for score in GRID]
        true = [self.world.right(score, self.day) for score in GRID]
        said = [self.reviewer.says_right(p, c) for p, c in zip(true, shown, strict=True)]
        labelled = [each for each in self.outcomes if each.label is not None]
        if self.map.version:
            labelled = [each for each in labelled if each.map_version]
        hidden = [each for each in labelled if each.blind]
        rests_on = hidden if len(hidden) >= calibration.BLIND_ENOUGH else labelled
        bins = calibration.reliability([(each.confidence, bool(each.label)) for each in rests_on[-1000:]])
        return Checkpoint(
            decisions=len(self.outcomes),
            labels=sum(each.label is not None for each in self.outcomes),
            version=self.map.version,
            reviewer=_error(shown, said),
            truth=_error(shown, true),
            reported=calibration.calibration_error(bins) if bins else None,
            blind=rests_on is hidden,
            paused=self.pace.pause_time is not None,
        )

    def _night(self) -> None:
        labels = [(each.score, each.label) for each in self.outcomes if each.label is not None]
        points = calibration.fitted(labels)
        if points is not None and points != (self.map.scores, self.map.confidences):
            self.map = Map(self.map.version + 1, len(labels), *points, self.now)
            self.maps.append(self.map)
            self.waiting = [
                replace(each, confidence=self.map.confidence(each.score), settled=True)
                for each in self.waiting
            ]

    def _arrive(self) -> None:
        for _ in range(self.arriving):
            self._made += 1
            score = self._random.uniform(OPEN_FROM, 1.0)
            confidence = self.map.confidence(score)
            id_ = f"s{self._made:06}"
            self.waiting.append(
                Waiting(
                    id=id_,
                    order=id_,
                    state=State.HELD,
                    confidence=confidence,
                    # Worth and harm differ from finding to finding, whether it is right or not.
                    priority=confidence * self._random.expovariate(1.0) - (1 - confidence),
                    whose=Assignee("reviewer"),
                    assignee="reviewer",
                    settled=False,
                    kind=KIND,
                    score=score,
                    touched=False,
                )
            )

    def _place(self) -> None:
        pause = pauses.pause(self.pace, self._since, self.now)
        decided = {"reviewer": len(self.outcomes)}
        places = allocated(self.waiting, decided, {KIND: pause} if pause else {})
        moved: list[Waiting] = []
        for each in self.waiting:
            state = places[each.id].state
            if state is State.OPEN and each.state is State.HELD and self.map.version:
                self.blind |= {each.id} if calibration.sampled(each.order) else set()
            moved.append(each if each.state is state else replace(each, state=state))
        held = [each for each in moved if each.state is State.HELD]
        self.waiting = [each for each in moved if each.state is State.OPEN] + held[-QUEUE:]

    def _decide(self, one: Waiting) -> None:
        draw = self._random.random
        confidence = None if one.id in self.blind else one.confidence
        truth = draw() < self.world.right(one.score, self.day)
        right = truth or draw() < self.reviewer.passes(confidence)
        if draw() < self.reviewer.noise:
            right = draw() < 0.5
        reason = "" if right else "not_same"
        if right and draw() < INTENDED:
            reason = "intentional_copy"
        if draw() < self.reviewer.silent:
            reason = "other"
        self.outcomes.append(
            Outcome(
                suggestion=one.id,
                revision=1,
                kind=KIND,
                accepted=not reason,
                label=label_of(_finding(one), reason),
                score=one.score,
                confidence=one.confidence,
                map_version=self.map.version,
                blind=confidence is None,
                opened=True,
                # Each a second later: decisions have an order.
                decide_time=self.now + timedelta(seconds=len(self.outcomes) % 80_000),
            )
        )
        self.waiting = [each for each in self.waiting if each.id != one.id]
        pace = pauses.weighed(self.pace, self._since, self.outcomes[-1].decide_time)
        if self.pausing and pace != self.pace:
            self._counted_from = len(self.outcomes)
            self.pace = pace
            self.paces.append(pace)


def _finding(one: Waiting) -> Proposal:
    members = (Member(f"{one.id}a"), Member(f"{one.id}b"))
    return Proposal(one.id, KIND, Relation.IDENTICAL, members, one.score)


def _error(shown: list[float], right: list[float]) -> float:
    return calibration.calibration_error(calibration.reliability(list(zip(shown, right, strict=True))))
