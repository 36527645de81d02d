from django.urls import path

from videos.exports import views

urlpatterns = [
    path("exports/<slug:kind>/", views.show_export, name="export"),
    path("exports/<slug:kind>/make/", views.make_export, name="export-make"),
    path("exports/<slug:kind>/file/", views.download_export, name="export-file"),
    path("thumbnail/", views.show_thumbnail, name="video-thumbnail"),
    path("thumbnail/choose/", views.choose_thumbnail, name="video-thumbnail-choose"),
]
