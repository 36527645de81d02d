from django.urls import path

from videos.looks import backdrops, views

urlpatterns = [
    path("pictures/", backdrops.upload, name="backdrop-upload"),
    path("pictures/<int:pk>/delete/", backdrops.delete, name="backdrop-delete"),
    path("<int:pk>/", views.change, name="video-look"),
    path("<int:pk>/state/", views.state, name="video-look-state"),
    path("<int:pk>/again/", views.again, name="video-look-again"),
]
