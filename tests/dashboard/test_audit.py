"""The audit log: what is in it, who sees it, and that it can only be added to."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from dashboard.audit import retention
from dashboard.audit.models import KEEP_DAYS, Action, AppendOnly, AuditEntry
from dashboard.audit.recording import record


def entries() -> list[tuple[str, str, str]]:
    return [(e.actor, e.action, e.subject) for e in AuditEntry.objects.order_by("pk")]


def test_an_entry_keeps_the_names_of_its_time(maria, new_avatar):
    avatar = new_avatar()
    entry = record(maria, Action.DELETED, avatar)
    number = avatar.pk
    maria.name = "Mary"
    maria.save()
    avatar.delete()
    entry.refresh_from_db()
    assert (entry.actor, entry.subject) == ("Maria <maria@example.com>", f"avatar {number}: Ada")
    assert entry.actor_id == maria.pk
    assert entry.address is None


def test_the_address_is_the_one_that_the_trusted_proxy_saw(maria, rf, settings):
    request = rf.get("/", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
    assert record(maria, Action.SIGNED_OUT, request=request).address == "127.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert record(maria, Action.SIGNED_OUT, request=request).address == "203.0.113.9"


def test_long_names_are_cut(maria):
    assert len(record(maria, Action.SETTING_CHANGED, "x" * 5000).subject) == 200


def test_an_entry_cannot_be_changed_by_the_app(maria):
    entry = record(maria, Action.SIGNED_IN)
    entry.actor = "Somebody else"
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(actor="Somebody else"),
        lambda: AuditEntry.objects.bulk_update([entry], ["actor"]),
    ):
        with pytest.raises(AppendOnly), transaction.atomic():
            attempt()
    assert entries() == [("Maria <maria@example.com>", "signed_in", "")]


def test_the_database_itself_refuses_changes(maria, audit_triggers):
    assert len(audit_triggers) == 2, "a migration made the table anew, without its triggers"
    record(maria, Action.SIGNED_IN)
    with connection.cursor() as cursor:
        for statement in audit_triggers:
            cursor.execute(statement)
        for change in ("UPDATE dashboard_auditentry SET actor = 'x'", "DELETE FROM dashboard_auditentry"):
            with pytest.raises(DatabaseError, match="only be added to"), transaction.atomic():
                cursor.execute(change)
    assert len(entries()) == 1


def test_entries_are_deleted_after_a_year_and_not_before(maria, audit_triggers):
    now = timezone.now()
    for days in (0, KEEP_DAYS - 1, KEEP_DAYS + 2):
        AuditEntry.objects.create(
            at=now - timedelta(days=days), action=Action.SIGNED_IN, subject=f"{days} days"
        )
    with connection.cursor() as cursor:
        for statement in audit_triggers:
            cursor.execute(statement)
    assert retention.step() > 60
    assert [subject for _, _, subject in entries()] == ["0 days", "364 days"]
