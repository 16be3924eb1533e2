"""The audit log as messages."""

from __future__ import annotations

from services.catalog.review.audit import Record
from services.catalog.review.postgres_audit import Decided, Entry, Head
from services.kit.protobuf import timestamp
from winnow.review.v1 import audit_pb2


def entry(value: Entry, *, sealed: bool) -> audit_pb2.AuditEntry:
    """An entry; sealed, what makes it a link of the chain and nothing of what it says."""
    message = audit_pb2.AuditEntry(
        number=value.number, digest=value.digest, previous=value.previous, hash=value.hash, sealed=sealed
    )
    if not sealed:
        message.time = value.time
        message.person = value.person
        message.credential = value.credential
        message.role = value.role
        message.method = value.method
        message.target = value.target
        message.outcome = value.outcome
        message.detail = value.detail
    return message


def head(value: Head) -> audit_pb2.AuditHead:
    """The end of the chain."""
    return audit_pb2.AuditHead(number=value.number, hash=value.hash)


def export(value: Record) -> audit_pb2.AuditExport:
    """What is known of the resource, without its decisions."""
    resource = value.resource
    return audit_pb2.AuditExport(
        resource=f"resources/{resource.id}",
        title=resource.title,
        lifecycle=str(resource.lifecycle),
        successor=f"resources/{resource.successor}" if resource.successor else "",
        listings=["/".join(listing.key) for listing in resource.listings],
    )


def decision(value: Decided, emails: dict[str, str]) -> audit_pb2.AuditedDecision:
    """One decision."""
    return audit_pb2.AuditedDecision(
        entry=value.entry,
        time=timestamp(value.time),
        verb=value.verb,
        person=emails.get(value.person, value.person),
        role=value.role,
        suggestion=value.suggestion,
        reason=value.reason,
        comment=value.comment,
        approved_by=[emails.get(each, each) for each in value.approved_by],
        document=value.document,
        let_in_by=emails.get(value.let_in_by, value.let_in_by),
    )
