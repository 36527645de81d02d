from django.urls import path, register_converter
from django.urls.converters import StringConverter

from dashboard.files.sheet_writer import TYPES
from videos.batches import create_views, draft_views, sheet_template, views
from videos.batches.forms import WAYS


class WayConverter(StringConverter):
    """One of the three ways to make several videos."""

    regex = "|".join(WAYS)


class KindConverter(StringConverter):
    """One of the kinds of sheets that can be downloaded."""

    regex = "|".join(TYPES)


register_converter(WayConverter, "way")
register_converter(KindConverter, "kind")

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
    path("<int:pk>/sum/", views.show_sum, name="batch-sum"),
    path("<int:pk>/zip/", views.archive, name="batch-zip"),
    path("<int:pk>/rename/", views.rename, name="batch-rename"),
    path("<int:pk>/retry/", views.retry_all, name="batch-retry"),
    path("<int:pk>/cancel/", views.cancel_all, name="batch-cancel"),
    path("<int:pk>/delete/", views.delete, name="batch-delete"),
    path("<int:pk>/draft/", draft_views.show, name="batch-draft"),
    path("<int:pk>/draft/start/", draft_views.start, name="batch-start"),
    path("<int:pk>/draft/discard/", draft_views.discard, name="batch-discard"),
    path("<int:pk>/draft/sheet/", draft_views.replace, name="batch-sheet"),
    path("<int:pk>/draft/sheet.<kind:kind>", draft_views.download, name="batch-sheet-download"),
    path("<int:pk>/sounds/", draft_views.upload_sounds, name="batch-sounds"),
    path("<int:pk>/rows/<int:item_pk>/", draft_views.change_row, name="batch-row"),
    path("<int:pk>/rows/<int:item_pk>/remove/", draft_views.remove_row, name="batch-row-remove"),
    path("<int:pk>/rows/<int:item_pk>/retry/", views.retry, name="batch-row-retry"),
    path("<int:pk>/rows/<int:item_pk>/cancel/", views.cancel, name="batch-row-cancel"),
]
