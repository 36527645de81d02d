from django.urls import include, path

from videos import create_views, credentials_views, filters, views

urlpatterns = [
    path("", filters.gallery, name="videos"),
    path("changes/", filters.changes, name="videos-changes"),
    path("new/", create_views.new, name="video-new"),
    path("new/speaker/<int:pk>/", create_views.speaker, name="video-speaker"),
    path("looks/", include("videos.looks.urls")),
    path("voices/", include("videos.voices.urls")),
    path("batches/", include("videos.batches.urls")),
    path("zip/", filters.download, name="videos-zip"),
    path("delete/", filters.delete, name="videos-delete"),
    path("sync/", views.sync, name="video-sync"),
    path("sync/state/", views.sync_state, name="video-sync-state"),
    path("<int:pk>/", views.detail, name="video"),
    path("<int:pk>/", include("videos.exports.urls")),
    path("<int:pk>/links/", include("videos.sharing.urls")),
    path("<int:pk>/captions.srt", views.srt, name="video-srt"),
    path("<int:pk>/credentials/", credentials_views.show_credentials, name="video-credentials"),
    path("<int:pk>/card/", views.card, name="video-card"),
    path("<int:pk>/status/", views.status, name="video-status"),
    path("<int:pk>/rename/", views.rename, name="video-rename"),
    path("<int:pk>/retry/", views.retry, name="video-retry"),
    path("<int:pk>/fetch/", views.fetch_again, name="video-fetch"),
    path("<int:pk>/mask/", views.mask_state, name="video-mask"),
    path("<int:pk>/mask/again/", views.request_mask, name="video-mask-again"),
    path("<int:pk>/cancel/", views.cancel, name="video-cancel"),
    path("<int:pk>/delete/", views.delete, name="video-delete"),
]
