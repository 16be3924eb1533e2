"""JSON over HTTP becomes the request message that path, query and body say, and nothing that does not fit."""

from __future__ import annotations

import pytest

from services.gateway.methods import reachable
from services.gateway.transcoding import Binding, bind, path_only, request_from_http
from services.kit.errors import InvalidArgument
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1 import suggestion_pb2 as suggestion

BINDINGS = bind(reachable().values())


def found(verb: str, path: str) -> tuple[Binding, dict[str, str]]:
    for binding in BINDINGS:
        variables = binding.match(path)
        if variables is not None and binding.rule.verb == verb:
            return binding, variables
    raise AssertionError(f"nothing answers {verb} {path}")


def test_nothing_internal_is_reachable() -> None:
    assert reachable()
    assert not [path for path in reachable() if "internal" in path]


def test_every_unary_method_has_an_http_rule() -> None:
    missing = [m.path for m in reachable().values() if not m.client_streaming and not m.rules]
    assert missing == []


def test_no_two_rules_answer_the_same_verb_and_path() -> None:
    rules = [(binding.rule.verb, binding.rule.template) for binding in BINDINGS]
    assert len(rules) == len(set(rules))


def test_a_path_names_the_resource_and_a_verb_after_the_colon_the_method() -> None:
    binding, variables = found("POST", "/v1/suggestions/s1:accept")
    assert binding.method.descriptor.name == "AcceptSuggestion"
    message = request_from_http(binding, variables, {}, b'{"revision": 2, "fingerprint": "f"}')
    assert message == review.AcceptSuggestionRequest(name="suggestions/s1", revision=2, fingerprint="f")


def test_query_parameters_take_json_names_repeat_and_name_enum_values() -> None:
    binding, variables = found("GET", "/v1/suggestions")
    query = {"states": ["OPEN", "HELD"], "pageSize": ["7"], "kind": ["PROGRAM"]}
    message = request_from_http(binding, variables, query, b"")
    assert message == review.ListSuggestionsRequest(
        states=[suggestion.Suggestion.OPEN, suggestion.Suggestion.HELD],
        page_size=7,
        kind=suggestion.Suggestion.PROGRAM,
    )


def test_the_path_wins_over_the_body() -> None:
    binding, variables = found("POST", "/v1/suggestions/s1:undo")
    message = request_from_http(binding, variables, {}, b'{"name": "suggestions/other"}')
    assert message == review.UndoSuggestionRequest(name="suggestions/s1")


def test_an_empty_body_is_an_empty_message() -> None:
    binding, variables = found("POST", "/v1/suggestions/s1:undo")
    assert request_from_http(binding, variables, {}, b"") == review.UndoSuggestionRequest(
        name="suggestions/s1"
    )


@pytest.mark.parametrize(
    ("verb", "path", "query", "body", "field"),
    [
        ("GET", "/v1/suggestions", {"nonsense": ["1"]}, b"", "nonsense"),
        ("GET", "/v1/suggestions", {"pageSize": ["1", "2"]}, b"", "pageSize"),
        ("GET", "/v1/suggestions", {"states": ["WRONG"]}, b"", "states"),
        ("POST", "/v1/suggestions/s:accept", {}, b'{"unknown": 1}', "unknown"),
        ("POST", "/v1/suggestions/s:accept", {}, b'{"revision": "x"}', "revision"),
        ("POST", "/v1/suggestions/s:accept", {}, b"\xff", ""),
        ("POST", "/v1/suggestions/s:accept", {}, b"[" * 5000, ""),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    verb: str, path: str, query: dict[str, list[str]], body: bytes, field: str
) -> None:
    binding, variables = found(verb, path)
    with pytest.raises(InvalidArgument) as refused:
        request_from_http(binding, variables, query, body)
    assert refused.value.reason == "JSON_INVALID"
    assert field in refused.value.metadata["field"]


def test_rights_can_be_judged_on_the_path_alone() -> None:
    binding, variables = found("POST", "/v1/people/p1:grantRole")
    assert path_only(binding, variables).SerializeToString() == b"\n\tpeople/p1"
