"""The alarms rest on metrics that there are, and nothing that is called worth an alarm lacks one.

That Prometheus takes the file is not proven here: it is read as YAML, and its expressions are looked through for names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from services.curator import metrics as of_curator
from services.gateway import metrics as of_gateway
from services.kit.telemetry import REGISTRY

COUNTING = (of_curator, of_gateway)  # what each module counts is known once it is imported

ROOT = Path(__file__).resolve().parents[3]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "winnow.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]


def exposed() -> set[str]:
    """Names under which metrics are read: a counter's ends in `_total`."""
    return {
        f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in REGISTRY.collect()
    }


def watched() -> set[str]:
    return {name for rule in RULES for name in re.findall(r"winnow_\w+", rule["expr"])}


def test_every_alarm_rests_on_a_metric_that_there_is_and_says_what_it_means() -> None:
    assert len(RULES) == len({rule["alert"] for rule in RULES}) > 0
    assert watched() - exposed() == set()
    for rule in RULES:
        assert set(re.findall(r"\bwinnow_\w+", rule["expr"])), rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert all(rule["annotations"][part] for part in ("summary", "description"))


def test_what_the_operations_page_calls_worth_an_alarm_has_one() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (worth,) = re.findall(r"Worth an alarm: (.*?)\.\s", page, re.DOTALL)
    named = set(re.findall(r"`(winnow_\w+)`", worth))
    assert named == watched()


def test_what_a_page_says_is_counted_has_an_alarm() -> None:
    for counted in ('winnow_pages_unanswered_total{service="curator"}', "winnow_pages_broken_total"):
        assert any(counted in rule["expr"] for rule in RULES), counted
