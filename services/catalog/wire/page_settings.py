"""What people set for the review pages."""

from __future__ import annotations

from services.catalog.domain.page_settings import MAX_GOAL, PageSettings, Place
from services.catalog.usecases.page_settings import Kept
from services.catalog.wire.fields import bad_field
from winnow.catalog.v1 import page_settings_pb2, people_service_pb2

_PLACES = page_settings_pb2.PageSettings.Place


def page_settings(value: Kept) -> page_settings_pb2.PageSettings:
    """What a person has set."""
    start = value.settings.start
    return page_settings_pb2.PageSettings(
        letters_off=value.settings.letters_off,
        start=_PLACES.Value(str(start)) if start else _PLACES.PLACE_UNSPECIFIED,
        weekly_goal=value.settings.weekly_goal,
        decided_this_week=value.decided_this_week,
    )


def wanted_page_settings(message: people_service_pb2.SetPageSettingsRequest) -> PageSettings:
    """What to set; InvalidArgument for a place that there is not and a goal out of range."""
    if message.start not in _PLACES.values():
        raise bad_field("start", f"must be one of {', '.join(Place)}, or unset")
    if not 0 <= message.weekly_goal <= MAX_GOAL:
        raise bad_field("weekly_goal", f"must be 1 to {MAX_GOAL}, or 0 for none")
    start = Place(_PLACES.Name(message.start)) if message.start else None
    return PageSettings(message.letters_off, start, message.weekly_goal)
