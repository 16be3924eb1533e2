"""OpenAPI 3.1 from the descriptors: the same rules that transcoding follows, with the protos' comments.

The comments come from the .proto files' source info, which is not part of generated Python code; so the document
describes shapes and names exactly, and says in words only what the descriptors carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor

from services.gateway.methods import AnyDescriptor, HttpRule, Method

_VARIABLE = re.compile(r"\{([A-Za-z0-9_.]+)(?:=([^}]*))?\}")
_SCALARS: dict[int, dict[str, Any]] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "format": "uint64"},
    FieldDescriptor.TYPE_FIXED64: {"type": "string", "format": "uint64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "format": "byte"},
}
_WELL_KNOWN: dict[str, dict[str, Any]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d+)?s$"},
}
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "status", "message", "details"],
            "properties": {
                "code": {"type": "integer"},
                "status": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}
_MULTIPART: dict[str, Any] = {
    "type": "object",
    "required": ["source"],
    "properties": {
        "source": {"type": "string"},
        "validateOnly": {"type": "boolean"},
        "complete": {"type": "boolean"},
        "requestId": {"type": "string"},
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
    },
}


def document(methods: Iterable[Method], version: str) -> dict[str, Any]:
    """The whole document, for `GET /v1/openapi.json`."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, dict[str, Any]] = {}
    for method in methods:
        for number, rule in enumerate(method.rules):
            operation = _operation(method, rule, schemas)
            if number:
                operation["operationId"] += f"_{number}"
            paths.setdefault(_openapi_path(rule.template), {})[rule.verb.lower()] = operation
        if method.client_streaming:
            paths.setdefault("/v1/imports", {})["post"] = _upload(method, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Winnow",
            "version": version,
            "summary": "Pull requests for a learning catalog",
            "license": {"name": "Proprietary"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _openapi_path(template: str) -> str:
    # `{name=suggestions/*}` is a path with a fixed collection and one parameter.
    def parameter(found: re.Match[str]) -> str:
        return re.sub(r"\*", "{" + found[1] + "}", found[2] or "*")

    return _VARIABLE.sub(parameter, template)


def _operation(method: Method, rule: HttpRule, schemas: dict[str, Any]) -> dict[str, Any]:
    bound = {found[1] for found in _VARIABLE.finditer(rule.template)}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/:]+$"}}
        for name in sorted(bound)
    ]
    if rule.body != "*":
        parameters += [
            _query_parameter(field, schemas)
            for field in method.input.DESCRIPTOR.fields
            if field.name not in bound and field.name != rule.body and _fits_query(field)
        ]
    operation: dict[str, Any] = {
        "operationId": f"{method.service.name}_{method.descriptor.name}",
        "tags": [method.service.name],
        "parameters": parameters,
        "responses": _responses(
            _message(method.output.DESCRIPTOR, schemas),
            "text/event-stream" if method.server_streaming else "application/json",
        ),
    }
    if rule.body:
        body = method.input.DESCRIPTOR
        if rule.body == "*":
            schema = _inline(body, schemas, without=bound)
        else:
            schema = _message(body.fields_by_name[rule.body].message_type, schemas)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _upload(method: Method, schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"{method.service.name}_{method.descriptor.name}",
        "tags": [method.service.name],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _MULTIPART}}},
        "responses": _responses(_message(method.output.DESCRIPTOR, schemas)),
    }


def _responses(answer: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "200": {"description": "OK", "content": {media_type: {"schema": answer}}},
        "default": {"description": "An error, in the form of google.rpc.Status", "content": error},
    }


def _fits_query(field: AnyDescriptor) -> bool:
    return field.message_type is None or field.message_type.full_name in _WELL_KNOWN


def _query_parameter(field: AnyDescriptor, schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": field.json_name,
        "in": "query",
        "required": _required(field),
        "schema": _field(field, schemas),
    }


def _required(field: AnyDescriptor) -> bool:
    extension: Any = field_behavior_pb2.field_behavior
    return field_behavior_pb2.REQUIRED in field.GetOptions().Extensions[extension]


def _message(descriptor: AnyDescriptor, schemas: dict[str, Any]) -> dict[str, Any]:
    if descriptor.full_name in _WELL_KNOWN:
        return dict(_WELL_KNOWN[descriptor.full_name])
    name = descriptor.full_name.removeprefix("winnow.").replace(".v1.", ".")
    if name not in schemas:
        schemas[name] = {}  # before its fields, so that a message may contain itself
        schemas[name] = _inline(descriptor, schemas, without=set())
    return {"$ref": f"#/components/schemas/{name}"}


def _inline(descriptor: AnyDescriptor, schemas: dict[str, Any], *, without: set[str]) -> dict[str, Any]:
    fields = [field for field in descriptor.fields if field.name not in without]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.json_name: _field(field, schemas) for field in fields},
        "additionalProperties": False,
    }
    required = [field.json_name for field in fields if _required(field)]
    if required:
        schema["required"] = required
    return schema


def _field(field: AnyDescriptor, schemas: dict[str, Any]) -> dict[str, Any]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        return {"type": "object", "additionalProperties": _single(value, schemas)}
    single = _single(field, schemas)
    return {"type": "array", "items": single} if field.is_repeated else single


def _single(field: AnyDescriptor, schemas: dict[str, Any]) -> dict[str, Any]:
    if field.message_type is not None:
        return _message(field.message_type, schemas)
    if field.enum_type is not None:
        return _enum(field.enum_type)
    return dict(_SCALARS[field.type])


def _enum(descriptor: AnyDescriptor) -> dict[str, Any]:
    return {"type": "string", "enum": [value.name for value in descriptor.values]}
