from django.apps import AppConfig


class AvatarsConfig(AppConfig):
    name = "avatars"

    def ready(self) -> None:
        from avatars import trash
        from avatars.missing_files import mend_avatar
        from avatars.search import AVATARS
        from dashboard.files.missing_files import files_missing
        from dashboard.palette.entries import Source, register

        AVATARS.connect(self)
        trash.connect()
        register(Source(self.get_model("Avatar"), "Avatars", "user-circle", "name", AVATARS))
        files_missing.connect(mend_avatar, sender=self.get_model("Avatar"))
