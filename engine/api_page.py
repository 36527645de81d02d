"""The description of the API, for programs (openapi.json) and for people."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.request import Request
from engine import openapi
from engine.responses import Code

PREFIX = "/v1/cg_avatar"


@login_not_required
@require_safe
def description(request: HttpRequest) -> JsonResponse:
    """OpenAPI. It says nothing about this installation but its address, so nobody needs a token for it."""
    return JsonResponse(openapi.describe(request.build_absolute_uri(PREFIX)))


@require_safe
@never_cache
def page(request: Request) -> HttpResponse:
    """The same to read, for everybody who is signed in."""
    base_url = request.build_absolute_uri(PREFIX)
    paths = openapi.describe(base_url)["paths"]
    context: dict[str, Any] = {
        "base_url": base_url,
        "endpoints": [
            _endpoint(base_url, path, method, operation)
            for path, methods in paths.items()
            for method, operation in methods.items()
        ],
        "codes": [(int(code), code.status, code.sentence) for code in Code],
    }
    return render(request, "engine/api.html", context)


def _endpoint(base_url: str, path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody")
    if body:
        schema = body["content"]["application/json"]["schema"]
        wanted = [(name, each, name in schema["required"]) for name, each in schema["properties"].items()]
    else:
        wanted = [(each["name"], each, each["required"]) for each in operation["parameters"]]
    data = operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]
    many = data.get("type") == "array"
    answer = _resolve(data["items"] if many else data)
    return {
        "name": path.removeprefix("/"),
        "method": method.upper(),
        "summary": operation["summary"],
        "fields": [
            {"name": name, "words": each.get("description", ""), "is_required": required}
            for name, each, required in wanted
        ],
        "is_list": many,
        "answer": [
            {"name": name, "words": each.get("description", "")}
            for name, each in answer["properties"].items()
        ],
        "example": _example(f"{base_url}{path}", method, [name for name, _, required in wanted if required]),
    }


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    named = {"Avatar": openapi.AVATAR, "Video": openapi.VIDEO}
    return named[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


EXAMPLES = {
    "image_url": "https://example.com/portrait.jpg",
    "audio_url": "https://example.com/hello.mp3",
    "avatar_id": "5f0c…",
    "video_id": "91d2…",
}


def _example(url: str, method: str, required: list[str]) -> str:
    """The call with curl."""
    values = {name: EXAMPLES[name] for name in required}
    if method == "get":
        query = "&".join(f"{name}={value}" for name, value in values.items())
        return f'curl -H "Authorization: Bearer $TOKEN" "{url}{"?" + query if query else ""}"'
    body = ", ".join(f'"{name}": "{value}"' for name, value in values.items())
    return (
        f'curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n'
        f"     -d '{{{body}}}' {url}"
    )
