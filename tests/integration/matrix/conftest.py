"""One small organisation for all of the matrix: nothing that is called there has an effect, or all of it is refused."""

from __future__ import annotations

import pytest

from tests.integration.matrix import world as worlds
from tests.integration.matrix.world import World
from tests.servers import PostgresServer


@pytest.fixture(scope="package")
def world(postgres_server: PostgresServer) -> World:
    return worlds.made(postgres_server.database("catalog"))
