from django.urls import include, path

from videos.voices import views

urlpatterns = [
    path("", views.gallery, name="voices"),
    path("changes/", views.changes, name="voices-changes"),
    path("new/", views.upload, name="voice-upload"),
    path("speech/", include("videos.voices.speech.urls")),
    path("<int:pk>/", views.detail, name="voice"),
    path("<int:pk>/facts/", views.facts, name="voice-facts"),
    path("<int:pk>/edit/", views.edit, name="voice-edit"),
    path("<int:pk>/restore/", views.restore, name="voice-restore"),
    path("<int:pk>/rename/", views.rename, name="voice-rename"),
    path("<int:pk>/consent/", views.state_consent, name="voice-consent"),
    path("<int:pk>/keep/", views.keep, name="voice-keep"),
    path("<int:pk>/delete/", views.delete, name="voice-delete"),
]
