from django.urls import path

from videos.exports import views

urlpatterns = [
    path("exports/<slug:kind>/", views.row, name="export"),
    path("exports/<slug:kind>/make/", views.make, name="export-make"),
    path("exports/<slug:kind>/file/", views.file, name="export-file"),
    path("poster/", views.poster, name="video-poster"),
    path("poster/choose/", views.choose_poster, name="video-poster-choose"),
]
