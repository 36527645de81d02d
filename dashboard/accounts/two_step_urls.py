"""Two-step sign-in, and confirming that it is you. Of allauth only what is needed, under the URL names that it expects."""

from allauth.account.views import reauthenticate
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path

from dashboard.accounts import two_step_views as views

urlpatterns = [
    path("login/second-step/", mfa.authenticate, name="mfa_authenticate"),
    path("login/passkey/", views.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("confirm/", reauthenticate, name="account_reauthenticate"),
    path("confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("confirm/passkey/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("two-step/", views.TwoStep.as_view(), name="mfa_index"),
    path("two-step/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("two-step/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("two-step/passkeys/", views.passkeys, name="mfa_list_webauthn"),
    path("two-step/passkeys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("two-step/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("two-step/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("two-step/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]
