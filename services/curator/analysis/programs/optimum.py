"""The cheapest choice that meets all demands: mixed-integer optimisation by HiGHS, behind types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp  # pyright: ignore[reportUnknownVariableType]
from scipy.sparse import coo_array

_TIME_LIMIT_S = 5.0  # paths of hundreds of items take milliseconds (performance.md §5)


@dataclass(frozen=True, slots=True)
class Demand:
    """Σ weight · variable ≥ least, over the variables named by number."""

    weights: Mapping[int, float]
    least: float


def cheapest(costs: Sequence[float], binary: int, demands: Sequence[Demand]) -> list[float] | None:
    """The values, each in [0, 1], that meet all demands at least cost; None where nothing does in time.

    The first `binary` variables are 0 or 1. The same problem gives the same answer.
    """
    entries = [(row, v, w) for row, demand in enumerate(demands) for v, w in demand.weights.items()]
    matrix = coo_array(
        (
            np.array([weight for _, _, weight in entries]),
            (np.array([row for row, _, _ in entries]), np.array([variable for _, variable, _ in entries])),
        ),
        shape=(len(demands), len(costs)),
    )
    least = np.array([demand.least for demand in demands])
    result = milp(
        np.array(costs),
        integrality=np.array([1] * binary + [0] * (len(costs) - binary)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix.tocsr(), least, np.inf),  # pyright: ignore[reportArgumentType]
        options={"time_limit": _TIME_LIMIT_S},
    )
    values = cast("Sequence[float] | None", result["x"])
    return None if values is None else [float(value) for value in values]
