from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401 - importing registers them
        from dashboard.accounts import two_step  # noqa: F401 - connects its signals
        from dashboard.audit import signals  # noqa: F401
        from dashboard.backups import schedule  # noqa: F401 - it registers a check of health
        from dashboard.health import checks as health_checks  # noqa: F401
        from dashboard.health import process_checks  # noqa: F401
