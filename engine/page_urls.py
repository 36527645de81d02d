"""The engine's pages for people: its description, and for owners its tokens."""

from django.urls import path

from engine import api_page, token_views

urlpatterns = [
    path("api/", api_page.page, name="api"),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/create/", token_views.create, name="token-create"),
    path("tokens/<int:pk>/revoke/", token_views.revoke, name="token-revoke"),
]
