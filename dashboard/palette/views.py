"""The palette's results; without a script, a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from dashboard.palette.entries import find
from dashboard.request import Request

MAX_TEXT = 100


@require_GET
def palette(request: Request) -> HttpResponse:
    text = request.GET.get("q", "")[:MAX_TEXT]
    groups = find(text, request.user)
    context = {"text": text, "groups": groups, "number": sum(len(group.entries) for group in groups)}
    template = "palette/_results.html" if request.htmx else "palette/page.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
