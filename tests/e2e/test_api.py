"""One API by two doors: gRPC with reflection, and JSON over HTTP; what is refused is refused alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import grpc
import httpx
import pytest
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2

from tests.lessons import lesson, resource
from tests.stack import Stack
from winnow.catalog.v1 import catalog_service_pb2 as catalog
from winnow.review.v1 import review_service_pb2 as review

BUF = Path(sys.executable).parent / "buf"
PATHS = {
    "GET /v1/suggestions/none": ("winnow.review.v1.ReviewService", "GetSuggestion"),
    "GET /v1/resources/none": ("winnow.catalog.v1.CatalogService", "GetResource"),
}
REQUESTS = {
    "GetSuggestion": review.GetSuggestionRequest(name="suggestions/none"),
    "GetResource": catalog.GetResourceRequest(name="resources/none"),
}


def refused(stack: Stack, token: str, service: str, method: str) -> status_pb2.Status:
    """The Status with which a gRPC call ends."""
    with grpc.insecure_channel(stack.status["grpc"]) as channel:
        call = channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=lambda data: data,
        )
        metadata = [("authorization", f"Bearer {token}")] if token else []
        with pytest.raises(grpc.RpcError) as caught:
            call(REQUESTS[method], timeout=10, metadata=metadata)
    trailing = dict(caught.value.trailing_metadata())
    return status_pb2.Status.FromString(trailing["grpc-status-details-bin"])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "nobody"])
def test_the_same_error_is_the_same_status_by_both_doors(stack: Stack, path: str, signed_in: bool) -> None:
    token = stack.token if signed_in else ""
    status = refused(stack, token, *PATHS[path])
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.get(stack.status["http"] + path.removeprefix("GET "), headers=headers, trust_env=False)
    error = answer.json()["error"]
    assert error["code"] == answer.status_code == (404 if signed_in else 401)
    assert error["message"] == status.message
    assert status.details
    for packed, detail in zip(status.details, error["details"], strict=True):
        assert detail["@type"].endswith("google.rpc.ErrorInfo")
        info = error_details_pb2.ErrorInfo()
        assert packed.Unpack(info)
        assert json_format.MessageToDict(info, always_print_fields_with_no_presence=True) == {
            name: value for name, value in detail.items() if name != "@type"
        }


def test_suggestions_can_be_listed_over_grpc_by_reflection_alone(stack: Stack) -> None:
    text = lesson(201)
    stack.put("reflected", resource("a", "Course 201", text), resource("b", "Class 201", text))
    stack.wait()
    ran = subprocess.run(
        [
            *(BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--emit-defaults"),
            *("--reflect-header", f"Authorization: Bearer {stack.token}"),
            *("--header", f"Authorization: Bearer {stack.token}"),
            f"http://{stack.status['grpc']}/winnow.review.v1.ReviewService/ListSuggestions",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    listed = json.loads(ran.stdout)["suggestions"]
    assert {each["name"] for each in listed} == {
        each["name"] for each in stack.get("/v1/suggestions")["suggestions"]
    }
    assert listed


def test_nothing_but_the_public_services_can_be_called(stack: Stack) -> None:
    with grpc.insecure_channel(stack.status["grpc"]) as channel:
        call = channel.unary_unary("/winnow.internal.v1.FeedService/GetDigests")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=10, metadata=[("authorization", f"Bearer {stack.token}")])
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_the_api_describes_itself(stack: Stack) -> None:
    described = httpx.get(f"{stack.status['http']}/v1/openapi.json", trust_env=False).json()
    assert described["openapi"].startswith("3.1")
    assert "/v1/suggestions" in described["paths"]


def test_a_person_without_a_content_role_sees_neither_what_is_there_nor_what_is_not(stack: Stack) -> None:
    there = stack.put("hidden", resource("a", "Course 202", lesson(202)))[0]["name"]
    administrator = stack.person("people@example.org", "ADMINISTRATOR")
    existing, missing = (administrator.get(f"/v1/{name}") for name in (there, "resources/none"))
    assert existing.status_code == missing.status_code == 404
    assert existing.json()["error"]["details"][0]["reason"] == missing.json()["error"]["details"][0]["reason"]


def test_who_may_not_decide_is_told_who_can(stack: Stack) -> None:
    text = lesson(203)
    stack.put("decided", resource("a", "Course 203", text), resource("b", "Class 203", text))
    stack.wait()
    name = stack.get("/v1/suggestions")["suggestions"][0]["name"]
    specialist = stack.person("sam@example.org", "SPECIALIST")
    answer = specialist.post(f"/v1/{name}:accept", json={"revision": -1})
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (403, "PERMISSION_DENIED")
    assert error["details"][0]["metadata"]["who_can"]
