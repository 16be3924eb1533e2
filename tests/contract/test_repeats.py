"""What changes something may be repeated without doing it twice (promises.md, P2)."""

from __future__ import annotations

from services.gateway.methods import reachable

AGAIN_IS_REFUSED = {
    "AcceptHandover": "the offer has ended",
    "DeclineHandover": "the offer has ended",
    "ResolvePersonRequest": "somebody has answered the request",
    "RevokeCredential": "there is no such credential any more",
    "RemoveWebhook": "there is no such webhook any more",
}
"""Methods that are neither IDEMPOTENT nor keyed, and what a repetition of each is told."""


def test_every_method_reads_or_may_be_repeated_or_takes_a_key() -> None:
    doubling = {
        method.path.rpartition("/")[2]
        for method in reachable().values()
        if not method.descriptor.GetOptions().idempotency_level
        and "request_id" not in method.input.DESCRIPTOR.fields_by_name
    }
    # The first message of an upload has the key.
    assert doubling - AGAIN_IS_REFUSED.keys() == {"ImportPackage"}
    assert doubling >= AGAIN_IS_REFUSED.keys()
