"""Forms for people's names, addresses and passwords."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.http import QueryDict

from dashboard.accounts import services
from dashboard.models import OneTimeLink, User
from dashboard.permissions import DESCRIPTIONS, Role

TAKEN = "There is already an account with this email address."


def _name() -> forms.CharField:
    attributes = {"autocomplete": "name", "dir": "auto"}
    return forms.CharField(label="Your name", max_length=80, widget=forms.TextInput(attributes))


def _email() -> forms.EmailField:
    return forms.EmailField(label="Email address", widget=forms.EmailInput({"autocomplete": "email"}))


def _new_password() -> forms.CharField:
    return forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="At least 10 characters. Several words are easy to remember and hard to guess.",
    )


class NewPasswordForm(forms.Form):
    password = _new_password()

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def person(self) -> User:
        """The person whose name and address the password must not resemble."""
        return self.user or User(
            email=self.cleaned_data.get("email", ""), name=self.cleaned_data.get("name", "")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if password := cleaned.get("password"):
            try:
                validate_password(password, self.person())
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class InvitationForm(NewPasswordForm):
    name = _name()
    email = _email()
    field_order = ["name", "email", "password"]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if services.is_taken(email):
            raise forms.ValidationError(TAKEN)
        return email


class SetupForm(InvitationForm):
    code = forms.CharField(
        label="Set-up code",
        max_length=100,
        help_text="You’ll find it in the terminal where you started the app.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    field_order = ["code", "name", "email", "password"]

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        if not services.is_setup_code(code):
            raise forms.ValidationError("This set-up code is incorrect.")
        return code


class AccountForm(forms.Form):
    name = _name()
    email = _email()
    password = forms.CharField(
        label="Your password",
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        help_text="Only needed to change the email address.",
    )

    def __init__(self, data: QueryDict | None, *, user: User) -> None:
        super().__init__(data, initial={"name": user.name, "email": user.email})
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        email = cleaned.get("email", "").lower()
        if email and email != self.user.email:
            if User.objects.filter(email__iexact=email).exclude(pk=self.user.pk).exists():
                self.add_error("email", TAKEN)
            elif not self.user.check_password(cleaned.get("password", "")):
                self.add_error("password", "Enter your password to change the email address.")
        return cleaned


class InviteForm(forms.ModelForm):
    class Meta:
        model = OneTimeLink
        fields = ["note", "role", "email"]
        labels = {"note": "Who is it for?", "role": "Role", "email": "Send it by email to"}
        help_texts = {
            "note": "Shown only in this list, so you can tell the links apart.",
            "email": "Optional: you get the link to send in any case.",
        }
        widgets = {"note": forms.TextInput({"autocomplete": "off", "dir": "auto"})}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = [(role, role.label, DESCRIPTIONS[role]) for role in services.list_roles(by)]
        choices = [(role.value, label) for role, label, _ in self.roles]
        self.fields["role"] = forms.ChoiceField(choices=choices, initial=Role.CREATOR, required=False)
        if not settings.HAS_MAIL:
            del self.fields["email"]

    def clean_role(self) -> str:
        return self.cleaned_data["role"] or str(Role.CREATOR)


# ---------------------------------------------------------------- allauth's, without its placeholders
class _WithoutPlaceholders(forms.Form):
    """A placeholder that repeats the label is noise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_WithoutPlaceholders, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Email address"
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].help_text = ""
        self.fields["remember"].label = "Stay signed in on this device"
        self.fields["remember"].initial = True


class ChangePasswordForm(_WithoutPlaceholders, allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = "At least 10 characters."
        self.fields["password2"].label = "Repeat new password"


class ReauthenticateForm(_WithoutPlaceholders, allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "Your password"
        self.fields["password"].help_text = ""


class ResetPasswordForm(_WithoutPlaceholders, allauth.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(_WithoutPlaceholders, allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = "At least 10 characters."
        self.fields["password2"].label = "Repeat new password"
