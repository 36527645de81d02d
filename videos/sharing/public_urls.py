"""What visitors without an account open, and the owners' list of all links."""

from django.urls import path

from videos.sharing import public_views, views

urlpatterns = [
    path("shared/", views.list_all, name="shares"),
    path("share/<str:token>/", public_views.show, name="shared-video"),
    path("share/<str:token>/embed/", public_views.embed, name="shared-embed"),
    path("share/<str:token>/poster.jpg", public_views.poster, name="shared-poster"),
    path("share/<str:token>/played/", public_views.played, name="shared-played"),
    path("share/<str:token>/comment/", public_views.comment, name="shared-comment"),
    path("share/<str:token>/file/<str:signed>/<str:filename>", public_views.file, name="shared-file"),
]
