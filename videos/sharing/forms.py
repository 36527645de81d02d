"""What the team sets for a link, what visitors type."""

import re
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from videos.models import Share, ShareComment

MAX_SITES = 20
MIN_PASSWORD = 6
SITE = re.compile(
    r"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?$"
)


def parse_site(text: str) -> str:
    """An origin for frame-ancestors: "https://example.com", "https://*.example.com". Raises ValueError."""
    text = text.strip().lower()
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    host = (
        urlsplit(f"//{rest}").netloc.encode("idna").decode()
        if rest.isascii() is False
        else rest.split("/")[0]
    )
    if scheme not in {"http", "https"} or not SITE.match(host):
        raise ValueError(text)
    return f"{scheme}://{host}"


class ShareForm(forms.ModelForm):
    """A link: for whom, until when, and what its visitors may do."""

    until = forms.DateField(
        required=False,
        label="Works until",
        help_text="The end of that day. Empty: until you switch it off.",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    new_password = forms.CharField(
        required=False,
        max_length=100,
        min_length=MIN_PASSWORD,
        label="Password",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    no_password = forms.BooleanField(required=False, label="Remove the password")
    sites_text = forms.CharField(
        required=False,
        max_length=2000,
        label="Only on these websites",
        help_text="One on each line, for example www.example.com or *.example.com. Empty: on any website.",
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
    )

    class Meta:
        model = Share
        fields = ("note", "allows_download", "allows_comments", "allows_embedding")
        labels = {
            "allows_download": "Visitors can download the video",
            "allows_comments": "Visitors can comment",
            "allows_embedding": "Can be embedded in other websites",
        }
        help_texts = {"note": "For your list only; visitors don’t see it."}

    field_order = ("note", "until", "new_password", "no_password", "allows_download", "allows_comments")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        share = self.instance
        self.fields["note"].widget.attrs |= {"autocomplete": "off", "dir": "auto"}
        self.fields["until"].initial = timezone.localdate(share.expires_at) if share.expires_at else None
        self.fields["sites_text"].initial = "\n".join(share.sites)
        if share.password:
            self.fields["new_password"].label = "Change the password"
            self.fields["new_password"].help_text = "Empty: the present one stays."
        else:
            del self.fields["no_password"]
            self.fields["new_password"].help_text = "Empty: whoever has the link can see the video."

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        if day is None:
            return None
        end = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
        if "until" in self.changed_data and end < timezone.now():
            raise ValidationError("Choose a day that is not over.")
        return end

    def clean_sites_text(self) -> list[str]:
        sites = []
        for line in self.cleaned_data["sites_text"].replace(",", "\n").split():
            try:
                sites.append(parse_site(line))
            except (ValueError, UnicodeError):
                raise ValidationError(
                    f"“{line[:60]}” is no website. Write it like www.example.com."
                ) from None
        if len(sites) > MAX_SITES:
            raise ValidationError(f"At most {MAX_SITES} websites.")
        return list(dict.fromkeys(sites))

    def save(self, commit: bool = True) -> Share:
        share: Share = super().save(commit=False)
        data = self.cleaned_data
        share.expires_at, share.sites = data["until"], data["sites_text"]
        if data.get("no_password"):
            share.set_password("")
        elif data["new_password"]:
            share.set_password(data["new_password"])
        if commit:
            share.save()
        return share


class PasswordForm(forms.Form):
    password = forms.CharField(
        max_length=100, label="Password", widget=forms.PasswordInput({"autocomplete": "off"})
    )


class CommentForm(forms.ModelForm):
    class Meta:
        model = ShareComment
        fields = ("at_seconds", "name", "text")
        widgets = {
            "at_seconds": forms.HiddenInput(),
            "name": forms.TextInput({"autocomplete": "name", "dir": "auto"}),
            "text": forms.Textarea({"rows": 3, "dir": "auto"}),
        }

    def __init__(self, *args: Any, longest: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest

    def clean_at_seconds(self) -> float:
        """Within the video, whatever was sent."""
        value = self.cleaned_data["at_seconds"] or 0.0
        return min(max(value, 0.0), self.longest)


class AnswerForm(forms.ModelForm):
    class Meta:
        model = ShareComment
        fields = ("answer",)
