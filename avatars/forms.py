"""Forms of an avatar's page."""

from django import forms

from avatars.models import Avatar


class NameForm(forms.ModelForm):
    class Meta:
        model = Avatar
        fields = ["name"]


class GenderForm(forms.ModelForm):
    class Meta:
        model = Avatar
        fields = ["gender"]

    gender = forms.ChoiceField(choices=Avatar.Gender.choices)
