"""Systems that may add people and end their access, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.catalog.domain.people import Role
from services.kit.errors import PermissionDenied

MAX_TITLE = 200


@dataclass(frozen=True, slots=True)
class PeopleFeed:
    """A feed that lives; `registrar` is the id of the administrator who registered it."""

    id: str
    title: str
    roles: tuple[Role, ...]
    registrar: str
    create_time: datetime
    expire_time: datetime

    def check_gives(self, roles: tuple[Role, ...], at: str, method: str) -> None:
        """Returns if it may add a person with these roles; PermissionDenied with `at`, the place in the file."""
        beyond = [role for role in roles if role not in self.roles]
        if beyond:
            raise PermissionDenied(
                "NOT_ALLOWED",
                f"{at}: the people feed “{self.title}” gives nobody the role {beyond[0]}.",
                {"who_can": "an administrator", "method": method},
            )
