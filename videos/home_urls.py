from django.urls import include, path

from videos import home_views, tour
from videos.looks import label_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("sample/", home_views.sample, name="sample"),
    path("usage/", include("videos.usage.urls")),
    path("tour/", tour.go_to_step, name="tour"),
    path("label/", label_views.change_label, name="video-label"),
]
