from django.urls import path

from dashboard.connection import views

urlpatterns = [
    path("", views.show, name="connection"),
    path("<slug:key>/", views.state, name="connection-state"),
    path("<slug:key>/test/", views.test, name="connection-test"),
]
