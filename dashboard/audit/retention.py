"""The poller's step of the audit log: entries are kept for a year."""

from dashboard.audit.models import AuditEntry

STEP_SECONDS = 3600.0


def step() -> float:
    """Delete entries that are older than a year; the seconds until the next step."""
    AuditEntry.objects.delete_old()
    return STEP_SECONDS
