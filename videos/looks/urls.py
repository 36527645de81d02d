from django.urls import path

from videos.looks import views

urlpatterns = [
    path("pictures/", views.upload_backdrop, name="backdrop-upload"),
    path("pictures/<int:pk>/delete/", views.delete_backdrop, name="backdrop-delete"),
    path("<int:pk>/", views.change, name="video-look"),
    path("<int:pk>/state/", views.state, name="video-look-state"),
    path("<int:pk>/again/", views.retry, name="video-look-again"),
]
