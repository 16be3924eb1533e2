"""The OpenAPI document names every route once, with references that resolve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from services.gateway.methods import reachable
from services.gateway.openapi import document

DOCUMENT = document(reachable().values(), "1")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in cast("list[Any]", node):
            yield from references(value)


def test_every_reference_resolves() -> None:
    names = DOCUMENT["components"]["schemas"]
    broken = [ref for ref in references(DOCUMENT) if ref.removeprefix("#/components/schemas/") not in names]
    assert broken == []


def test_every_rule_has_its_operation_and_ids_are_unique() -> None:
    rules = sum(len(method.rules) for method in reachable().values())
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(operations) == rules + 1  # the multipart upload beside them
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_a_path_keeps_its_collection_and_its_verb() -> None:
    accept = DOCUMENT["paths"]["/v1/suggestions/{name}:accept"]["post"]
    body = accept["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["revision", "fingerprint"]
    assert "name" not in body["properties"]
