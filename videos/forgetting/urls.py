from django.urls import path

from videos.forgetting import views

urlpatterns = [
    path("avatars/<int:pk>/forget/", views.forget_avatar, name="avatar-forget"),
    path("videos/voices/<int:pk>/forget/", views.forget_voice, name="voice-forget"),
    path("forgotten/<int:pk>/", views.report, name="forgotten"),
]
