from django.urls import path

from videos import home_views
from videos.looks import label_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("sample/", home_views.sample, name="sample"),
    path("label/", label_views.change_label, name="video-label"),
]
