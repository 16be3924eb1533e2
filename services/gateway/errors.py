"""One Status body for both doors: google.rpc.Status over gRPC, the Google API form of the same over JSON."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor_pool import Default
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from services.kit import rpc
from services.kit.errors import WinnowError

# google/rpc/code.proto states these; 499 and the like have no standard name and are not used here.
HTTP_CODES = {
    "OK": 200,
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}


def status_of(error: WinnowError | grpc.aio.AioRpcError) -> Status:
    """The Status of an error of ours or of the service behind."""
    return rpc.status(error) if isinstance(error, WinnowError) else rpc.status_of(error)


def reason_of(status: Status) -> str:
    """The stable reason in a Status; empty when it has none."""
    info = ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "")


def to_json(status: Status) -> tuple[int, dict[str, Any]]:
    """The HTTP code and the JSON body of a Status."""
    name = Code.Name(status.code)
    http = HTTP_CODES[name]
    body = {
        "code": http,
        "status": name,
        "message": status.message,
        "details": [_detail(detail) for detail in status.details],
    }
    return http, {"error": body}


def _detail(detail: AnyMessage) -> dict[str, Any]:
    return json_format.MessageToDict(
        detail, descriptor_pool=Default(), always_print_fields_with_no_presence=True
    )
