"""Settings of sign-in: passwords, their limits, two-step sign-in. A part of dashboard/settings.py; none is from the environment."""

AUTH_USER_MODEL = "dashboard.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "dashboard.accounts.password_strength.StrengthValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "dashboard.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = None  # as chosen at sign-in
# Our own forms that could be used to guess codes; allauth adds its own limits for passwords.
ACCOUNT_RATE_LIMITS = {
    "setup": "10/m/ip,100/d/ip",
    "link": "20/m/ip",
    "check_file": "10/m/ip,100/d/ip",
    "account": "10/m/user",
    "password_strength": "120/m/ip",
    # Visitors of shared videos (videos/sharing): passwords as at sign-in, comments, counted views.
    "share_password": "10/m/ip,100/h/ip,5/5m/key",
    "share_password_widely": "100/h/key",
    "share_password_under_attack": "3/h/key",
    "share_comment": "5/m/ip,60/h/ip,300/h/key",
    "share_view": "20/m/ip,5/m/key",
    "passkey": "20/m/ip,200/h/ip",
    "reset_password": "20/m/ip,5/h/key",
    # Passwords at sign-in: dashboard/accounts/sign_in_limits.py says why it is done so.
    "login": None,
    "password": "10/m/ip,100/h/ip,5/5m/key",
    "password_widely": "100/h/key",
    "password_under_attack": "3/h/key",
    "password_known_device": "10/5m/key",
    "login_failed": "10/m/ip,5/5m/key",  # the second step: only somebody who knows the password gets so far
}
ACCOUNT_FORMS = {
    "login": "dashboard.accounts.forms.LoginForm",
    "change_password": "dashboard.accounts.forms.ChangePasswordForm",
    "reauthenticate": "dashboard.accounts.forms.ReauthenticateForm",
    "reset_password": "dashboard.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "dashboard.accounts.forms.ResetPasswordKeyForm",
}
MFA_ADAPTER = "dashboard.accounts.two_step_adapter.TwoStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nothing needs a mail server, so no address is verified
MFA_TOTP_ISSUER = "Talking avatars"
MFA_TOTP_TOLERANCE = 1  # periods of 30 seconds, for clocks that are a little off
MFA_FORMS = {
    "authenticate": "dashboard.accounts.two_step_forms.AuthenticateForm",
    "reauthenticate": "dashboard.accounts.two_step_forms.ReauthenticateForm",
    "activate_totp": "dashboard.accounts.two_step_forms.ActivateForm",
    "add_webauthn": "dashboard.accounts.two_step_forms.AddPasskeyForm",
    "authenticate_webauthn": "dashboard.accounts.two_step_forms.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "dashboard.accounts.two_step_forms.ReauthenticatePasskeyForm",
    "login_webauthn": "dashboard.accounts.two_step_forms.LoginPasskeyForm",
}
