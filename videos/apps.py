from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        from videos.words import VIDEOS

        VIDEOS.keep_up(self)
