from django.urls import path

from videos import home_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("sample/", home_views.sample, name="sample"),
]
