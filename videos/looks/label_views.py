"""The owner's setting: a label in all videos, its words and its corner."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.jobs.enqueue import enqueue
from dashboard.permissions import Permission, requires
from dashboard.request import Request
from videos.looks.services import change_label as lock_label
from videos.models import LabelSetting

SAVED = "Saved. Finished videos are changed one after the other; that takes about as long as playing each."


class LabelForm(forms.ModelForm):
    class Meta:
        model = LabelSetting
        fields = ("is_on", "words", "corner")
        widgets = {"corner": forms.RadioSelect}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CHANGE_SETTINGS)
def change_label(request: Request) -> HttpResponse:
    form = LabelForm(request.POST or None, instance=LabelSetting.get())
    if form.is_valid():
        with lock_label():
            setting = form.save()
            state = "on" if setting.is_on else "off"
            record(request.user, Action.SETTING_CHANGED, f"label “{setting.words}”: {state}", request)
            enqueue("videos.looks.services.update_labels")
        messages.success(request, SAVED)
        return redirect("video-label")
    return render(request, "videos/label.html", {"form": form}, status=422 if form.errors else 200)
