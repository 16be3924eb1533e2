"""While one process is away the others answer, each what it can without it; it comes back by itself."""

from __future__ import annotations

import os
import signal

import pytest

from tests.lessons import lesson, resource
from tests.stack import Stack, eventually

pytestmark = pytest.mark.thorough  # each process is killed and comes back

WITHOUT = {
    "catalog": ("/v1/openapi.json", "/healthz"),
    "curator": ("/v1/resources", "/v1/suggestions", "/v1/status"),
    "nats-server": ("/v1/resources", "/v1/suggestions"),
    "postgres": ("/v1/openapi.json", "/healthz"),
}


def test_the_others_answer_while_one_process_is_away(stack: Stack) -> None:
    text = lesson(431)
    stack.put("away", resource("a", "First", text), resource("b", "Second", text))
    stack.wait()
    for victim, paths in WITHOUT.items():
        pid = stack.pid(victim)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # neither answering nor ended, so that it stays away until we say so
        try:
            answered = {path: stack.api.get(path).status_code for path in paths}
            assert answered == dict.fromkeys(paths, 200), victim
        finally:
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda gone=pid, name=victim: stack.pid(name) not in (gone, None))
        assert eventually(lambda: stack.status["ready"], seconds=60), victim
    gateway, before = stack.pid("gateway"), others_of_the_gateway(stack)
    assert gateway is not None
    os.kill(gateway, signal.SIGKILL)
    assert eventually(lambda: stack.pid("gateway") not in (gateway, None))
    assert eventually(lambda: stack.status["ready"], seconds=60)
    assert others_of_the_gateway(stack) == before
    stack.wait()
    assert len(stack.suggestions("OPEN", "HELD")) == 1


def others_of_the_gateway(stack: Stack) -> dict[str, int]:
    return {each["name"]: each["pid"] for each in stack.status["processes"] if each["name"] != "gateway"}
