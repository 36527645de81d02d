"""Answers of a gallery: the whole page, or only the results for a search without reloading."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import push_url, trigger_client_event

from dashboard.gallery.filters import FilterForm
from dashboard.request import Request


def render_gallery(request: Request, folder: str, context: dict[str, Any]) -> HttpResponse:
    """`gallery.html` of the folder, or its `_results.html` where the search asks. The context has `form` and `words`."""
    is_search = _is_search(request)
    template = f"{folder}/_results.html" if is_search else f"{folder}/gallery.html"
    response = render(request, template, context)
    # One address has two answers: the browser's Back must not show the results without their page.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    if is_search:
        form: FilterForm = context["form"]
        page = request.GET.get("page", "")
        query = form.query_string(page=page if page.isdecimal() else "").removesuffix("?")
        push_url(response, request.path + query)
        trigger_client_event(response, "announce", {"text": context["words"]})
    return response


def _is_search(request: Request) -> bool:
    htmx = request.htmx
    return bool(htmx) and htmx.target == "results" and not htmx.history_restore_request
