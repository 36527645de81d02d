"""allauth's forms of two-step sign-in, in our words and safe against any text as a passkey's answer."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms


class _CodeForm(forms.Form):
    code_label = "Code"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = self.code_label
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs.update(inputmode="numeric", autocapitalize="none", spellcheck="false", dir="ltr")


class AuthenticateForm(_CodeForm, base.AuthenticateForm):
    code_label = "Code of your authenticator app, or a recovery code"


class ReauthenticateForm(_CodeForm, base.ReauthenticateForm):
    code_label = AuthenticateForm.code_label


class ActivateForm(_CodeForm, totp.ActivateTOTPForm):
    code_label = "The six digits that the app shows"


class _PasskeyForm(forms.Form):
    """What browsers send is JSON of many levels, and fido2 raises whatever comes when a level is not what it expects."""

    def full_clean(self) -> None:
        try:
            super().full_clean()
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            self.cleaned_data = {}
            self.add_error(None, get_adapter().validation_error("incorrect_code"))


class AddPasskeyForm(_PasskeyForm, webauthn.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["name"]
        name.label, name.help_text = "Name", "So that you can tell them apart, for example “My phone”."
        name.widget.attrs.update(maxlength=80, dir="auto", autocomplete="off")
        passwordless = self.fields["passwordless"]
        passwordless.label = "Sign in with it alone, without the password"
        passwordless.help_text = "It then asks for your fingerprint, face or PIN."
        passwordless.initial = True

    def clean_name(self) -> str:
        return super().clean_name()[:80]


class AuthenticatePasskeyForm(_PasskeyForm, webauthn.AuthenticateWebAuthnForm):
    pass


class ReauthenticatePasskeyForm(_PasskeyForm, webauthn.ReauthenticateWebAuthnForm):
    pass


class LoginPasskeyForm(_PasskeyForm, webauthn.LoginWebAuthnForm):
    pass
