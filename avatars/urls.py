from django.urls import path

from avatars import gallery_views, views

urlpatterns = [
    path("", gallery_views.gallery, name="avatars"),
    path("changes/", gallery_views.changes, name="avatars-changes"),
    path("upload/", views.upload, name="avatar-upload"),
    path("zip/", gallery_views.download, name="avatars-zip"),
    path("delete/", gallery_views.delete, name="avatars-delete"),
    path("sync/", views.sync, name="avatar-sync"),
    path("sync/state/", views.sync_state, name="avatar-sync-state"),
    path("<int:pk>/", views.detail, name="avatar"),
    path("<int:pk>/card/", views.card, name="avatar-card"),
    path("<int:pk>/status/", views.status, name="avatar-status"),
    path("<int:pk>/rename/", views.rename, name="avatar-rename"),
    path("<int:pk>/gender/", views.gender, name="avatar-gender"),
    path("<int:pk>/consent/", views.state_consent, name="avatar-consent"),
    path("<int:pk>/face/", views.create_from_face, name="avatar-face"),
    path("<int:pk>/retry/", views.retry, name="avatar-retry"),
    path("<int:pk>/fetch/", views.fetch_again, name="avatar-fetch"),
    path("<int:pk>/portrait/", views.replace, name="avatar-replace"),
    path("<int:pk>/delete/", views.delete, name="avatar-delete"),
]
