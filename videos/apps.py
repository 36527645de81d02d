from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        from videos.search import VIDEOS

        VIDEOS.connect(self)
