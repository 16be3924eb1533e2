"""Short documents and programs for tests."""

from __future__ import annotations

from dataclasses import replace

from services.curator.analysis.model import Document, Part, Program, ProgramItem


def document(identifier: str, text: str = "", title: str = "A title", **fields: object) -> Document:
    made = Document(identifier, title, (Part(title, "page.html", text),))
    return replace(made, **fields)  # type: ignore[arg-type]


def program(
    identifier: str, *items: str, objectives: tuple[str, ...] = (), elective: tuple[str, ...] = ()
) -> Program:
    """A program of resources; an item that starts with `p-` is a nested program."""
    made = tuple(
        ProgramItem(number, item not in elective, program=item)
        if item.startswith("p-")
        else ProgramItem(number, item not in elective, resource=item)
        for number, item in enumerate(items)
    )
    return Program(identifier, identifier, made, objectives)
