"""The mode of the organisation and a switch of it."""

from __future__ import annotations

from services.catalog.domain.people import Mode, ModeAsked
from services.catalog.usecases.mode import InForce, Switch
from services.catalog.wire.duties import consequences
from services.catalog.wire.fields import bad_field
from winnow.catalog.v1 import responsibility_mode_pb2 as messages


def mode_asked(number: int) -> Mode:
    """The mode asked for."""
    modes = messages.ResponsibilityMode.Mode
    if not number or number not in modes.values():
        raise bad_field("mode", f"must be one of {', '.join(Mode)}")
    return Mode(modes.Name(modes.ValueType(number)))


def _mode(value: ModeAsked, asked_by: str) -> messages.ResponsibilityMode:
    modes = messages.ResponsibilityMode.Mode
    return messages.ResponsibilityMode(
        mode=modes.Value(str(value.mode)),
        asked=modes.Value(str(value.asked)) if value.asked else modes.MODE_UNSPECIFIED,
        asked_by=asked_by,
    )


def mode(value: InForce) -> messages.ResponsibilityMode:
    """The mode in force."""
    return _mode(value.mode, value.asked_by)


def mode_switch(value: Switch) -> messages.ModeSwitch:
    """A switch, made or looked at."""
    return messages.ModeSwitch(
        mode=_mode(value.mode, value.asked_by),
        rights=[
            messages.DecisionRight(
                person=each.email,
                suggestions_gained=each.suggestions_gained,
                suggestions_lost=each.suggestions_lost,
                programs_gained=each.programs_gained,
                programs_lost=each.programs_lost,
            )
            for each in value.rights
        ],
        consequences=consequences(value.consequences),
        live_suggestions=value.live,
        reopened_suggestions=value.reopened,
    )
