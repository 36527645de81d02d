"""The API's five addresses and two of our own for deleting, below v1/cg_avatar/."""

from django.urls import path, re_path

from engine import api_page, api_view, deletion, views

urlpatterns = [
    path("avatar.generate", views.avatar_generate),
    path("avatar.list", views.avatar_list),
    path("video.generate", views.video_generate),
    path("video.get", views.video_get),
    path("video.list", views.video_list),
    path("openapi.json", api_page.description, name="openapi"),
    path("avatar.delete", deletion.avatar_delete),
    path("video.delete", deletion.video_delete),
    re_path("", api_view.unknown_path),
]
