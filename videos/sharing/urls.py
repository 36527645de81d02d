"""The team's side of the links of one video."""

from django.urls import path

from videos.sharing import comment_views, views

urlpatterns = [
    path("new/", views.create, name="share-new"),
    path("<int:share_pk>/", views.change, name="share"),
    path("<int:share_pk>/off/", views.switch_off, name="share-off"),
    path("<int:share_pk>/on/", views.switch_on, name="share-on"),
    path("comments/seen/", comment_views.mark_seen, name="share-comments-seen"),
    path("comments/<int:comment_pk>/answer/", comment_views.answer, name="share-comment-answer"),
    path("comments/<int:comment_pk>/delete/", comment_views.delete, name="share-comment-delete"),
]
