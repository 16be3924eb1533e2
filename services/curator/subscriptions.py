"""Durable consumers: which events make the curator read which states again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from services.curator import postgres
from services.curator.reading import Reader
from services.kit.events import Event, payload
from winnow.catalog.v1.events_pb2 import (
    DayStarted,
    EngagementRecorded,
    HouseRulesChanged,
    ProgramsChanged,
    ResourcesChanged,
    VerdictsChanged,
)

Handle = Callable[[Sequence[Event]], Awaitable[None]]


def embed_handler(reader: Reader) -> Handle:
    """For `curator-embed`: the resources named in ResourcesChanged, texts included."""

    async def handle(events: Sequence[Event]) -> None:
        changed = [payload(event, ResourcesChanged) for event in events]
        await reader.read(postgres.RESOURCES, {item.id for message in changed for item in message.items})

    return handle


def judge_handler(reader: Reader) -> Handle:
    """For `curator-judge`: everything without text. Review events need no reading: what they did to resources,
    programs and verdicts arrives as events of its own.
    """

    async def handle(events: Sequence[Event]) -> None:
        programs: set[str] = set()
        engagement: set[str] = set()
        concerned: set[str] = set()
        day_started = told = False
        for event in events:
            if event.type == ProgramsChanged.DESCRIPTOR.full_name:
                programs.update(payload(event, ProgramsChanged).ids)
            elif event.type == EngagementRecorded.DESCRIPTOR.full_name:
                engagement.update(payload(event, EngagementRecorded).resource_ids)
            elif event.type == VerdictsChanged.DESCRIPTOR.full_name:
                concerned.update(payload(event, VerdictsChanged).resource_ids)
            elif event.type == HouseRulesChanged.DESCRIPTOR.full_name:
                told = True
            elif event.type == DayStarted.DESCRIPTOR.full_name:
                day_started = True
        if programs:
            await reader.read(postgres.PROGRAMS, programs)
        if engagement:
            await reader.read(postgres.ENGAGEMENT, engagement)
        if concerned:
            await reader.read_verdicts(concerned)
        if told:
            await reader.read_told()
        if day_started:
            await reader.queue_everything()

    return handle
