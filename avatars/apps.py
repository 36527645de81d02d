from django.apps import AppConfig


class AvatarsConfig(AppConfig):
    name = "avatars"

    def ready(self) -> None:
        from avatars.search import AVATARS

        AVATARS.connect(self)
