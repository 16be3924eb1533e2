"""Fits sums of broken lines to labelled pairs: logistic regression whose curves run one way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from services.curator.analysis.relation_model import Curve, Curves

Array = NDArray[np.float64]
Shape = Mapping[str, tuple[int, tuple[float, ...]]]
"""For each measure the sign of its curve (+1 rises, -1 falls, 0 free) and its knots."""
UNBOUNDED: Mapping[str, float] = {}
UNEXPECTED: Mapping[str, float] = {}


def fit(
    measures: Sequence[Mapping[str, float]],
    labels: Array,
    weights: Array,
    shape: Shape,
    ridge: float,
    most: Mapping[str, float] = UNBOUNDED,
    expected: Mapping[str, float] = UNEXPECTED,
) -> Curves:
    """The curves that make the labels (0 or 1) most likely, steps drawn to what is expected by `ridge`.

    `most` bounds what a measure may add or take away in all, in log-odds, and `expected` is what it adds as long as
    nothing speaks against it (else 0); the steps of a curve share both equally.
    """
    columns: list[Array] = []
    bounds: list[tuple[float | None, float | None]] = [(None, None)]
    prior: list[float] = []
    for name, (sign, knots) in shape.items():
        values = np.array([one[name] for one in measures])
        step = most[name] / (len(knots) - 1) if name in most else None
        for low, high in pairwise(knots):
            columns.append(np.clip((values - low) / (high - low), 0, 1))
            low_bound = 0 if sign > 0 else None if step is None else -step
            bounds.append((low_bound, 0 if sign < 0 else step))
            prior.append(expected.get(name, 0.0) / (len(knots) - 1))
    matrix = np.stack(columns, axis=1)
    center = np.array(prior)

    def loss(theta: Array) -> tuple[float, Array]:
        z = matrix @ theta[1:] + theta[0]
        residual = weights * (1 / (1 + np.exp(-z)) - labels)
        off = theta[1:] - center
        value = float((weights * (np.logaddexp(0, z) - labels * z)).sum() + ridge * (off**2).sum())
        return value, np.concatenate([[residual.sum()], matrix.T @ residual + 2 * ridge * off])

    start = np.concatenate([[0.0], center])
    theta: Array = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 3000}
    ).x
    curves: dict[str, Curve] = {}
    place = 1
    for name, (_, knots) in shape.items():
        steps = theta[place : place + len(knots) - 1]
        place += len(knots) - 1
        curves[name] = Curve(
            knots, tuple(round(float(v), 3) for v in np.concatenate([[0], np.cumsum(steps)]))
        )
    return Curves(round(float(theta[0]), 3), curves)
