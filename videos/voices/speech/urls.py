from django.urls import path

from videos.voices.speech import views

urlpatterns = [
    path("new/", views.new, name="speech-new"),
    path("<int:pk>/", views.show, name="speech"),
    path("<int:pk>/state/", views.state, name="speech-state"),
    path("<int:pk>/cancel/", views.cancel, name="speech-cancel"),
    path("<int:pk>/retry/", views.retry, name="speech-retry"),
]
