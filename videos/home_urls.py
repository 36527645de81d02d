from django.urls import include, path

from videos import home_views
from videos.looks import label_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("sample/", home_views.sample, name="sample"),
    path("usage/", include("videos.usage.urls")),
    path("label/", label_views.change_label, name="video-label"),
]
