"""How fast confidence follows decisions, and whether pauses hold: `python -m benchmarks.learning` prints the tables."""

from __future__ import annotations

from benchmarks.learning.simulation import (
    BIASED,
    CAREFUL,
    HOPELESS,
    OVERCONFIDENT,
    RECOVERS,
    STEP,
    UNDERCONFIDENT,
    Checkpoint,
    Review,
)

POINTS = (0, 100, 200, 400, 800, 1600, 3200)
RUNS = 20
DAYS = 500


def main() -> None:
    for world in (OVERCONFIDENT, UNDERCONFIDENT, STEP):
        for reviewer in (CAREFUL, BIASED):
            print(f"\n{world.name}; reviewer {reviewer.name}")
            print("decisions  map  error against reviewer  against truth  as reported")
            review = Review(world, reviewer, pausing=False)
            for point in POINTS:
                print(_row(review.until(point) if point else review.checkpoint()))
    print(f"\npauses, {RUNS} runs of {DAYS} days, reviewer {BIASED.name}")
    for world in (HOPELESS, RECOVERS, OVERCONFIDENT):
        paused, resumed, at_end = 0, 0, 0
        for seed in range(RUNS):
            review = Review(world, BIASED, seed=seed, a_day=3, arriving=4)
            for day in review.days():
                if day == DAYS:
                    break
            paused += any(each.pause_time for each in review.paces)
            resumed += any(each.resume_time for each in review.paces)
            at_end += review.pace.pause_time is not None
        print(f"{world.name}: paused in {paused}, resumed in {resumed}, paused at the end in {at_end}")


def _row(now: Checkpoint) -> str:
    reported = "–" if now.reported is None else f"{now.reported:.3f}{' blind' if now.blind else ''}"
    return f"{now.decisions:9}  {now.version:3}  {now.reviewer:22.3f}  {now.truth:13.3f}  {reported}"


if __name__ == "__main__":
    main()
