from django.urls import path

from dashboard.trash import views

urlpatterns = [
    path("", views.index, name="trash"),
    path("undo/", views.undo, name="trash-undo"),
    path("empty/", views.empty, name="trash-empty"),
    path("<slug:kind>/<int:pk>/restore/", views.restore, name="trash-restore"),
    path("<slug:kind>/<int:pk>/delete/", views.delete, name="trash-delete"),
]
