from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        from dashboard.files.missing_files import files_missing
        from dashboard.palette.entries import Source, register
        from videos import trash
        from videos.missing_files import mend_video
        from videos.search import VIDEOS

        VIDEOS.connect(self)
        trash.connect()
        register(Source(self.get_model("Video"), "Videos", "film", "title", VIDEOS))
        register(Source(self.get_model("Voice"), "Voices", "microphone", "name"))
        register(Source(self.get_model("Batch"), "Batches", "square-3-stack-3d", "name"))
        files_missing.connect(mend_video, sender=self.get_model("Video"))
