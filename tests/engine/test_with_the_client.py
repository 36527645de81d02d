"""The dashboard's client in front of the engine's views, where their own extensions meet."""

from django.conf import settings

from dashboard.provider.client import Client
from engine.models import JobStatus, Render, Rig


def test_the_client_reads_lists_longer_than_a_page(live_server):
    Rig.objects.bulk_create(
        Rig(image_url="https://example.com/p.jpg", state=JobStatus.FINISHED, preview="p.jpg")
        for _ in range(1001)
    )
    avatars = Client(live_server.url, settings.CG_AVATAR_API_TOKEN).list_avatars()
    assert len({avatar.avatar_id for avatar in avatars}) == 1001


def test_the_poller_asks_only_for_the_videos_that_it_waits_for(live_server):
    rig = Rig.objects.create(image_url="https://example.com/p.jpg", state=JobStatus.FINISHED)
    renders = [Render.objects.create(rig=rig, audio_url="https://example.com/s.wav") for _ in range(3)]
    wanted = [renders[0].public_id, renders[2].public_id, "unknown"]
    videos = Client(live_server.url, settings.CG_AVATAR_API_TOKEN).list_videos(wanted)
    assert {video.video_id for video in videos} == set(wanted[:2])
