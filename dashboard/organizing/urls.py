from django.urls import path

from dashboard.organizing import views

urlpatterns = [
    path("projects/", views.projects, name="projects"),
    path("projects/<int:pk>/rename/", views.rename_project, name="project-rename"),
    path("projects/<int:pk>/delete/", views.delete_project, name="project-delete"),
    path("filters/save/", views.save_filter, name="filter-save"),
    path("filters/<int:pk>/delete/", views.delete_filter, name="filter-delete"),
    path("organize/<slug:kind>/", views.organize_selected, name="organize-selected"),
    path("organize/<slug:kind>/dialog/", views.dialog, name="organize-dialog"),
    path("organize/<slug:kind>/<int:pk>/", views.organize, name="organize"),
    path("favourites/<slug:kind>/<int:pk>/", views.favourite, name="favourite"),
]
