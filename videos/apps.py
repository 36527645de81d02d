from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        from dashboard.files.missing_files import files_missing
        from videos import trash
        from videos.missing_files import mend_video
        from videos.search import VIDEOS

        VIDEOS.connect(self)
        trash.connect()
        files_missing.connect(mend_video, sender=self.get_model("Video"))
