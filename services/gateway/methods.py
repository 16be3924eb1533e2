"""Which methods are reachable from outside, read from the descriptors: names, messages, HTTP rules, owners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from winnow.catalog.v1 import catalog_service_pb2, credential_service_pb2, people_service_pb2
from winnow.curation.v1 import curation_service_pb2
from winnow.review.v1 import (
    audit_service_pb2,
    notice_service_pb2,
    review_service_pb2,
    statement_service_pb2,
    webhook_service_pb2,
)

# The stubs know two kinds of descriptors, Python's and the C runtime's, that are one at run time.
AnyDescriptor: TypeAlias = Any

# Everything else, `winnow.internal` above all, does not exist for a caller.
_OWNERS = {
    "catalog": (
        catalog_service_pb2.DESCRIPTOR,
        people_service_pb2.DESCRIPTOR,
        credential_service_pb2.DESCRIPTOR,
        review_service_pb2.DESCRIPTOR,
        audit_service_pb2.DESCRIPTOR,
        notice_service_pb2.DESCRIPTOR,
        webhook_service_pb2.DESCRIPTOR,
        statement_service_pb2.DESCRIPTOR,
    ),
    "curator": (curation_service_pb2.DESCRIPTOR,),
}


@dataclass(frozen=True, slots=True)
class HttpRule:
    """One HTTP binding: `verb` in upper case, `template` as in google.api.http, `body` "", "*" or a field."""

    verb: str
    template: str
    body: str


@dataclass(frozen=True, slots=True)
class Method:
    """One reachable method. `path` is gRPC's (`/package.Service/Method`), `owner` the service that answers."""

    path: str
    owner: str
    descriptor: AnyDescriptor
    input: type[Message]
    output: type[Message]
    client_streaming: bool
    server_streaming: bool
    read_only: bool
    rules: tuple[HttpRule, ...]

    @property
    def service(self) -> AnyDescriptor:
        """The service it belongs to."""
        return self.descriptor.containing_service


def _rules(descriptor: AnyDescriptor) -> Iterator[HttpRule]:
    options = descriptor.GetOptions()
    extension: Any = annotations_pb2.http
    if not options.HasExtension(extension):
        return
    first = options.Extensions[extension]
    for rule in (first, *first.additional_bindings):
        verb = rule.WhichOneof("pattern")
        if verb and verb != "custom":
            yield HttpRule(verb=verb.upper(), template=getattr(rule, verb), body=rule.body)


def _message(descriptor: AnyDescriptor) -> type[Message]:
    return GetMessageClass(descriptor)


def reachable() -> dict[str, Method]:
    """Every method that callers may reach, by its gRPC path."""
    found: dict[str, Method] = {}
    for owner, files in _OWNERS.items():
        for file in files:
            for service in file.services_by_name.values():
                descriptors: list[AnyDescriptor] = list(service.methods)
                for descriptor in descriptors:
                    path = f"/{service.full_name}/{descriptor.name}"
                    found[path] = Method(
                        path=path,
                        owner=owner,
                        descriptor=descriptor,
                        input=_message(descriptor.input_type),
                        output=_message(descriptor.output_type),
                        client_streaming=descriptor.client_streaming,
                        server_streaming=descriptor.server_streaming,
                        read_only=descriptor.GetOptions().idempotency_level
                        == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS,
                        rules=tuple(_rules(descriptor)),
                    )
    return found


def service_names(methods: dict[str, Method]) -> list[str]:
    """Full names of the reachable services, for reflection and health."""
    return sorted({method.service.full_name for method in methods.values()})
