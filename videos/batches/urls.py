from django.urls import path, register_converter

from videos.batches import create_views, draft_views, sheet_template, views
from videos.batches.forms import WAYS


class WayConverter:
    """One of the three ways to make several videos."""

    regex = "|".join(WAYS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(WayConverter, "way")

urlpatterns = [
    path("", views.index, name="batches"),
    path("changes/", views.changes, name="batches-changes"),
    path("new/<way:way>/", create_views.new, name="batch-new"),
    path("new/<way:way>/sound/", create_views.upload, name="batch-sound"),
    path("template.csv", sheet_template.as_csv, name="batch-template-csv"),
    path("template.xlsx", sheet_template.as_xlsx, name="batch-template-xlsx"),
    path("<int:pk>/", views.detail, name="batch"),
    path("<int:pk>/status/", views.status, name="batch-status"),
    path("<int:pk>/panel/", views.panel, name="batch-panel"),
    path("<int:pk>/zip/", views.archive, name="batch-zip"),
    path("<int:pk>/rename/", views.rename, name="batch-rename"),
    path("<int:pk>/retry/", views.retry_all, name="batch-retry"),
    path("<int:pk>/cancel/", views.cancel_all, name="batch-cancel"),
    path("<int:pk>/delete/", views.delete, name="batch-delete"),
    path("<int:pk>/begin/", draft_views.begin, name="batch-begin"),
    path("<int:pk>/sounds/", draft_views.sounds, name="batch-sounds"),
    path("<int:pk>/rows/<int:item_pk>/", draft_views.row, name="batch-row"),
    path("<int:pk>/rows/<int:item_pk>/leave-out/", draft_views.leave_out, name="batch-row-out"),
    path("<int:pk>/rows/<int:item_pk>/retry/", views.retry, name="batch-row-retry"),
    path("<int:pk>/rows/<int:item_pk>/cancel/", views.cancel, name="batch-row-cancel"),
]
