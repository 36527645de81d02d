"""The audit log: what is in it, who sees it, and that it can only be added to."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from dashboard.audit import retention
from dashboard.audit.models import KEEP_DAYS, KINDS, Action, AppendOnly, AuditEntry
from dashboard.audit.recording import record
from dashboard.audit.subjects import record_making
from dashboard.models import OneTimeLink
from tests.sign_in import expect_sign_in
from videos.batches.services import create_started
from videos.models import Batch, Video


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


# ---------------------------------------------------------------- what is recorded


def test_signing_in_and_failing_to_is_recorded(maria):
    client = Client()
    for password in ("wrong", "a long password"):
        client.post("/accounts/login/", {"login": "maria@example.com", "password": password})
    with expect_sign_in():
        client.post("/accounts/logout/")
    assert entries() == [
        ("", "sign_in_failed", "maria@example.com"),
        ("Maria <maria@example.com>", "signed_in", ""),
        ("Maria <maria@example.com>", "signed_out", ""),
    ]
    assert AuditEntry.objects.filter(address="127.0.0.1").count() == 3


def test_what_owners_do_with_people_is_recorded(owner, tom, signed_in):
    client = signed_in(owner)
    AuditEntry.objects.all()._raw_delete("default")
    client.post("/people/invite/", {"note": "Ines"})
    client.post(f"/people/{tom.pk}/password/")
    client.post(f"/people/links/{OneTimeLink.objects.get(user=tom).pk}/withdraw/")
    client.post(f"/people/{tom.pk}/role/", {"role": "admin"})
    client.post(f"/people/{tom.pk}/deactivate/")
    client.post(f"/people/{tom.pk}/reactivate/")
    assert {actor for actor, _, _ in entries()} == {"Olga <olga@example.com>"}
    who = "Tom <tom@example.com>"
    assert [pair[1:] for pair in entries()] == [
        ("invitation_created", "Ines (Creator)"),
        ("password_link_created", who),
        ("link_revoked", "link for Tom"),
        ("role_changed", f"{who}: Creator → Admin"),
        ("person_removed", who),
        ("person_reactivated", who),
    ]


def test_links_that_are_used_are_recorded(owner, tom):
    _, invitation = OneTimeLink.make(owner)
    _, password = OneTimeLink.make(owner, user=tom)
    data = {"name": "Ines", "email": "ines@example.com", "password": "purple teapot on the roof"}
    Client().post(f"/invitation/{invitation}/", data)
    Client().post(f"/new-password/{password}/", {"password": "purple teapot on the roof"})
    ines, tom_ = "Ines <ines@example.com>", "Tom <tom@example.com>"
    assert [entry for entry in entries() if entry[1] != "signed_in"] == [
        (ines, "account_created", "by an invitation from Olga"),
        (tom_, "password_changed", "by a link from Olga"),
    ]


@pytest.mark.parametrize("kind", ["avatars", "videos", "videos/voices", "videos/batches"])
def test_deletions_are_recorded_with_what_was_deleted(kind, maria, signed_in, new_video):
    video = new_video(made_by=maria, title="Spring", state="failed")
    for row in (video.avatar, video.voice):
        type(row).objects.filter(pk=row.pk).update(made_by=maria)
    rows = {"avatars": video.avatar, "videos": video, "videos/voices": video.voice}
    row = rows.get(kind) or Batch.objects.create(name="All", made_by=maria)
    expected = f"{row._meta.verbose_name} {row.pk}: {row}"
    client = signed_in(maria)
    client.post(f"/{kind}/{row.pk}/delete/")
    assert not type(row).objects.filter(pk=row.pk).exists()
    assert entries()[-1] == ("Maria <maria@example.com>", "trashed", expected)
    one = {"avatars": "avatar", "videos": "video", "videos/voices": "voice", "videos/batches": "batch"}[kind]
    client.post(f"/trash/{one}/{row.pk}/delete/")
    assert not type(row).all_objects.filter(pk=row.pk).exists()
    assert entries()[-1] == ("Maria <maria@example.com>", "deleted", expected)


def test_a_password_link_made_on_the_server_is_recorded(maria):
    call_command("password_link", maria.email)
    assert entries() == [("A command on the server", "password_link_created", "Maria <maria@example.com>")]


@pytest.mark.slow
def test_what_is_made_is_recorded_without_names(maria, signed_in):
    signed_in(maria).post("/sample/")
    (video,) = Video.objects.all()
    assert [entry[1:] for entry in entries() if "signed" not in entry[1]] == [
        ("avatar_added", f"avatar {video.avatar_id}"),
        ("voice_added", f"voice {video.voice_id}"),
        ("video_ordered", f"video {video.pk}"),
    ]


def test_a_batch_is_one_entry_with_how_many_videos_it_has(maria, speaker, new_video):
    voice = new_video(avatar=speaker).voice
    requests = [(speaker, voice, "", ""), (speaker, voice, "", "")]
    batch = create_started(uuid.uuid4(), "Spring", maria, requests, {})
    create_started(batch.ref, "Spring", maria, requests, {})  # the form was sent twice
    assert [entry[1:] for entry in entries()] == [("batch_started", f"batch {batch.pk} (2 videos)")]


# ---------------------------------------------------------------- the page


@pytest.fixture
def log(owner, maria):
    record(
        None, Action.SIGN_IN_FAILED, "eve@example.com", RequestFactory().get("/", REMOTE_ADDR="203.0.113.5")
    )
    record(maria, Action.DELETED, "video 7: Übermut")
    record(owner, Action.TOKEN_CREATED, "=HYPERLINK(1)")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["=HYPERLINK(1)", "video 7: Übermut", "eve@example.com"]),
        ("?sort=oldest", ["eve@example.com", "video 7: Übermut", "=HYPERLINK(1)"]),
        ("?action=deleted", ["video 7: Übermut"]),
        ("?kind=removed", ["video 7: Übermut"]),
        ("?kind=settings&person=0", []),
        ("?q=übermut", ["video 7: Übermut"]),
        ("?q=203.0.113", ["eve@example.com"]),
        ("?q=olga", ["=HYPERLINK(1)"]),
        ("?person=0", ["eve@example.com"]),
        (
            "?action=nonsense&person=x&made=never&page=0",
            ["=HYPERLINK(1)", "video 7: Übermut", "eve@example.com"],
        ),
        ("?made=today&action=token_revoked", []),
    ],
)
def test_owners_find_entries(log, owner, signed_in, query, found):
    client = signed_in(owner)
    AuditEntry.objects.filter(action="signed_in")._raw_delete("default")
    page = client.get(f"/activity/{query}")
    assert [entry.subject for entry in page.context["entries"]] == found
    sheet = client.get(f"/activity.csv{query}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [row["what"].removeprefix("'") for row in rows] == found


def test_no_cell_of_the_sheet_is_a_formula(owner, signed_in):
    client = signed_in(owner)
    for start in "=+-@\t\r＝":
        record(owner, Action.DELETED, f"{start}cmd|' /C calc'!A0")
    sheet = client.get("/activity.csv?action=deleted").content.decode("utf-8-sig")
    assert all(row["what"].startswith("'") for row in csv.DictReader(io.StringIO(sheet, newline="")))


def test_the_page_says_when_nothing_is_found(owner, signed_in):
    assert "Nothing found" in signed_in(owner).get("/activity/?q=zzz").text


def test_an_entry_leads_to_what_is_still_there(owner, maria, signed_in, new_video):
    video = new_video(title="Spring & sun")
    record_making(maria, Action.VIDEO_ORDERED, video)
    record_making(maria, Action.BATCH_STARTED, Batch.objects.create(name="All of them"), "3 videos")
    client = signed_in(owner)
    page = client.get("/activity/?kind=made").content.decode()
    assert f'<a href="{video.get_absolute_url()}"><bdi>Spring &amp; sun</bdi></a>' in page
    assert "<bdi>All of them</bdi></a> (3 videos)" in page
    subject = f"video {video.pk}"
    video.delete()
    page = client.get("/activity/?kind=made").content.decode()
    assert "Spring" not in page
    assert f"<bdi>{subject}</bdi>" in page


def test_every_action_is_of_one_kind():
    listed = [action for _, actions in KINDS.values() for action in actions]
    assert sorted(listed) == sorted(Action)
