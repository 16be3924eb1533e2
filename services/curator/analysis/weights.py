"""The fitted weights of what tells outdated content: `tables/outdated.json`, made by `benchmarks.quality.outdated`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast


@dataclass(frozen=True, slots=True)
class Linear:
    """A logistic model: a bias, and a weight a measure. Measures without a weight add nothing."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, measures: Mapping[str, float]) -> float:
        """What the measures make likely, 0 to 1."""
        z = self.bias + sum(weight * measures[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-z))


@cache
def shipped() -> Mapping[str, Linear]:
    """The models of the table by name: `translation_behind`, `superseded`, `outdated`."""
    text = resources.files("services.curator.analysis").joinpath("tables/outdated.json").read_text("utf-8")
    table = cast("dict[str, dict[str, object]]", json.loads(text)["models"])
    return {
        name: Linear(cast("float", model["bias"]), cast("dict[str, float]", model["weights"]))
        for name, model in table.items()
    }
