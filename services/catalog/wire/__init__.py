"""Where the core's domain values meet protobuf messages. A module a noun behind one import."""

from __future__ import annotations

from services.catalog.wire.announcements import announcement, new_announcement
from services.catalog.wire.duties import (
    consequences,
    duties_set,
    duty_changes,
    object_name,
    responsibilities,
    responsibility,
)
from services.catalog.wire.engagement import engagement_rows, learning, learning_in_short, recorded
from services.catalog.wire.feed import (
    announcement_state,
    dead_link_state,
    digests,
    draft_state,
    engagement_state,
    program_state,
    resource_state,
    state,
    state_kind,
    states,
    texts,
    verdict_state,
)
from services.catalog.wire.fields import (
    MAX_NAMES,
    bad_field,
    date_of,
    id_of,
    ids_of,
)
from services.catalog.wire.house_rules import (
    house_rules,
    house_rules_state,
    retirement_list,
    tried_house_rules,
    wanted_house_rules,
)
from services.catalog.wire.imports import (
    import_,
)
from services.catalog.wire.insights import dry_run, insights, ruled, violation
from services.catalog.wire.people import (
    authenticated,
    minted,
    person,
    refused,
    role,
    session,
    sign_in_link,
    ttl,
    viewer,
)
from services.catalog.wire.people_feeds import people_imported, registered_feed, wanted_feed
from services.catalog.wire.processing import (
    detail,
    status,
)
from services.catalog.wire.programs import (
    change,
    change_state,
    observed_program,
    program,
    program_in_short,
    source,
)
from services.catalog.wire.publishing import draft, draft_fields
from services.catalog.wire.requests import handover, new_person_request, person_request, words
from services.catalog.wire.resources import (
    incoming,
    listing,
    outline,
    part,
    read_resource,
    resource,
    upserted,
    wanted_age,
    wanted_lifecycle,
)
from services.catalog.wire.responsibility_mode import mode, mode_asked, mode_switch

__all__ = [
    "MAX_NAMES",
    "announcement",
    "announcement_state",
    "authenticated",
    "bad_field",
    "change",
    "change_state",
    "consequences",
    "date_of",
    "dead_link_state",
    "detail",
    "digests",
    "draft",
    "draft_fields",
    "draft_state",
    "dry_run",
    "duties_set",
    "duty_changes",
    "engagement_rows",
    "engagement_state",
    "handover",
    "house_rules",
    "house_rules_state",
    "id_of",
    "ids_of",
    "import_",
    "incoming",
    "insights",
    "learning",
    "learning_in_short",
    "listing",
    "minted",
    "mode",
    "mode_asked",
    "mode_switch",
    "new_announcement",
    "new_person_request",
    "object_name",
    "observed_program",
    "outline",
    "part",
    "people_imported",
    "person",
    "person_request",
    "program",
    "program_in_short",
    "program_state",
    "read_resource",
    "recorded",
    "refused",
    "registered_feed",
    "resource",
    "resource_state",
    "responsibilities",
    "responsibility",
    "retirement_list",
    "role",
    "ruled",
    "session",
    "sign_in_link",
    "source",
    "state",
    "state_kind",
    "states",
    "status",
    "texts",
    "tried_house_rules",
    "ttl",
    "upserted",
    "verdict_state",
    "viewer",
    "violation",
    "wanted_age",
    "wanted_feed",
    "wanted_house_rules",
    "wanted_lifecycle",
    "words",
]
