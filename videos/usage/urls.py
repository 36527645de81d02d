from django.urls import path

from videos.usage import views

urlpatterns = [
    path("", views.show, name="usage"),
    path("<slug:key>.csv", views.download, name="usage-csv"),
]
