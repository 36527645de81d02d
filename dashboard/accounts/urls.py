"""Sign-in and people. Of allauth only what is needed, under the URL names that it expects."""

from allauth.account import views as allauth
from django.conf import settings
from django.urls import include, path, re_path

from dashboard.accounts import people_views, person_views, profile_views, session_views, two_step_views, views

urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("new-password/<str:token>/", views.new_password, name="new-password"),
    path("password-strength/", views.password_strength, name="password-strength"),
    path("account/", views.account, name="account"),
    path("account/picture/", profile_views.change_picture, name="account-picture"),
    path("account/picture/remove/", profile_views.remove_picture, name="account-picture-remove"),
    path("account/sessions/<int:pk>/end/", session_views.end, name="session-end"),
    path("account/sessions/end-others/", session_views.end_others, name="session-end-others"),
    path("people/", people_views.people, name="people"),
    path("people/invite/", people_views.invite, name="people-invite"),
    path("people/sessions/", people_views.list_sessions, name="people-sessions"),
    path("people/<int:pk>/", person_views.show, name="person"),
    path("people/<int:pk>/role/", person_views.role, name="person-role"),
    path("people/<int:pk>/password/", person_views.password_link, name="person-password"),
    path("people/<int:pk>/sign-out/", person_views.sign_out, name="person-sign-out"),
    path(
        "people/<int:pk>/sessions/<int:session_pk>/end/", person_views.end_session, name="person-session-end"
    ),
    path("people/two-step/", two_step_views.require, name="people-two-step"),
    path("people/<int:pk>/two-step/reset/", two_step_views.reset, name="people-two-step-reset"),
    path("people/<int:pk>/deactivate/", person_views.deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", person_views.reactivate, name="person-reactivate"),
    path("people/links/<int:pk>/withdraw/", people_views.withdraw, name="people-withdraw"),
    path("accounts/login/", views.SignIn.as_view(), name="account_login"),
    path("accounts/", include("dashboard.accounts.two_step_urls")),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/password/change/", allauth.password_change, name="account_change_password"),
]
if settings.HAS_MAIL:
    urlpatterns += [
        path("accounts/password/reset/", allauth.password_reset, name="account_reset_password"),
        path(
            "accounts/password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"
        ),
        re_path(
            r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
            allauth.password_reset_from_key,
            name="account_reset_password_from_key",
        ),
        path(
            "accounts/password/reset/key/done/",
            allauth.password_reset_from_key_done,
            name="account_reset_password_from_key_done",
        ),
    ]
