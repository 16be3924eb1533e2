"""JSON over HTTP to protobuf, by the google.api.http annotations (AIP-127); `printing` is the way back.

Parameters and bodies use the protobuf JSON mapping.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.gateway.methods import AnyDescriptor, HttpRule, Method
from services.kit.errors import InvalidArgument, Violation

_VARIABLE = re.compile(r"\{(?P<field>[A-Za-z0-9_.]+)(?:=(?P<pattern>[^}]*))?\}")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Binding:
    """One method behind one HTTP rule, ready to match paths."""

    method: Method
    rule: HttpRule
    pattern: re.Pattern[str]
    variables: tuple[str, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """The path's variables by field name, or None when this rule is another's."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return dict(zip(self.variables, found.groups(), strict=True))


def bind(methods: Iterable[Method]) -> list[Binding]:
    """Every HTTP rule of the methods, those with a verb suffix first so that `{name=a/*}` never swallows one."""
    bindings: list[Binding] = []
    for method in methods:
        for rule in method.rules:
            pattern, variables = _compile(rule.template)
            bindings.append(Binding(method, rule, pattern, variables))
    return sorted(bindings, key=lambda binding: ":" not in binding.rule.template)


def _compile(template: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    pieces: list[str] = []
    variables: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(template):
        pieces.append(re.escape(template[end : found.start()]))
        segments = (found["pattern"] or "*").split("/")
        wanted = "/".join(r"[^/:]+" if segment == "*" else re.escape(segment) for segment in segments)
        pieces.append(f"({wanted})")
        variables.append(found["field"])
        end = found.end()
    pieces.append(re.escape(template[end:]))
    return re.compile("".join(pieces)), tuple(variables)


@dataclass(slots=True)
class _Tree:
    """A message being put together as protobuf JSON."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def put(self, path: list[AnyDescriptor], value: Any) -> None:
        here = self.values
        for step in path[:-1]:
            here = cast("dict[str, Any]", here.setdefault(step.json_name, {}))
        here[path[-1].json_name] = value


def request_from_http(
    binding: Binding, variables: Mapping[str, str], query: Mapping[str, list[str]], body: bytes
) -> Message:
    """The request message that path, query and body say together; the path wins, then the body.

    InvalidArgument JSON_INVALID naming the field for a parameter or member that does not fit.
    """
    method, rule = binding.method, binding.rule
    tree = _Tree()
    message = method.input()
    if rule.body:
        _merge_body(message, rule.body, body)
    taken = {rule.body} if rule.body not in ("", "*") else set[str]()
    for name, values in query.items():
        path = _resolve(method.input.DESCRIPTOR, name)
        if rule.body == "*" or path is None or path[0].name in taken:
            raise _invalid(name, f"There is no parameter {name!r} here.")
        leaf = path[-1]
        if leaf.is_repeated:
            tree.put(path, [_scalar(leaf, name, value) for value in values])
        elif len(values) > 1:
            raise _invalid(name, f"{name!r} takes one value.")
        else:
            tree.put(path, _scalar(leaf, name, values[0]))
    for name, value in variables.items():
        path = _resolve(method.input.DESCRIPTOR, name)
        if path is None:
            raise AssertionError(f"{rule.template} names no field {name}")
        tree.put(path, value)
    parsed = method.input()
    _parse(tree.values, parsed)
    message.MergeFrom(parsed)
    return message


def path_only(binding: Binding, variables: Mapping[str, str]) -> Message:
    """The request with nothing but what the path names: enough to judge the caller's rights."""
    return request_from_http(
        Binding(binding.method, HttpRule(binding.rule.verb, binding.rule.template, ""), binding.pattern, ()),
        variables,
        {},
        b"",
    )


def _merge_body(message: Message, where: str, body: bytes) -> None:
    target = message if where == "*" else getattr(message, where)
    if where != "*":
        target.SetInParent()
    if not body.strip():
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid("", "The body is not UTF-8.") from error
    try:
        json_format.Parse(text, target, max_recursion_depth=50)
    except json_format.ParseError as error:
        raise _invalid(
            _field_of(str(error)), f"The body does not fit {target.DESCRIPTOR.full_name}: {error}"
        ) from error
    except RecursionError as error:
        raise _invalid("", "The body is nested too deeply.") from error


def _parse(values: dict[str, Any], message: Message) -> None:
    try:
        json_format.ParseDict(values, message)
    except json_format.ParseError as error:
        raise _invalid(_field_of(str(error)), f"A parameter does not fit: {error}") from error


def _field_of(error: str) -> str:
    found = re.search(r"(?:parse|named) \"?([A-Za-z0-9_.\[\]]+)\"?", error)
    return found.group(1) if found else ""


def _resolve(descriptor: AnyDescriptor, name: str) -> list[AnyDescriptor] | None:
    path: list[AnyDescriptor] = []
    here: AnyDescriptor | None = descriptor
    for step in name.split("."):
        if here is None:
            return None
        by_json = {found.json_name: found for found in here.fields}
        found = here.fields_by_name.get(step) or by_json.get(step)
        if found is None:
            return None
        path.append(found)
        here = found.message_type
    return path


def _scalar(leaf: AnyDescriptor, name: str, value: str) -> Any:
    if leaf.type == FieldDescriptor.TYPE_BOOL:
        truth = _TRUTH.get(value.lower())
        if truth is None:
            raise _invalid(name, f"{name!r} is true or false.")
        return truth
    if leaf.type == FieldDescriptor.TYPE_MESSAGE and leaf.message_type.full_name.split(".")[0] != "google":
        raise _invalid(name, f"{name!r} cannot be given as a parameter.")
    return value


def _invalid(field_name: str, text: str) -> InvalidArgument:
    return InvalidArgument(
        "JSON_INVALID", text, {"field": field_name}, violations=[Violation(field_name, text)]
    )
