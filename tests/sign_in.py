"""No test passes because it was sent to the sign-in page: that fails it, unless it says that it expects so.

A pytest plugin (tests/conftest.py loads it), and the first middleware of the tests' settings: it sees what the test client and
the browsers get alike.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator
from urllib.parse import urlsplit

import pytest
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

_sent: list[str] = []  # the addresses whose answer was "sign in first", in this test


class NoticeSignIn:
    """Notes each answer that leads to the sign-in page: a redirect, or the header that htmx follows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        target = response.headers.get("Location") or response.headers.get("HX-Redirect") or ""
        if urlsplit(target).path == reverse("account_login"):
            _sent.append(f"{request.method} {request.get_full_path()}")
        return response


@contextlib.contextmanager
def expect_sign_in() -> Iterator[None]:
    """What happens inside leads to the sign-in page; it fails if it does not."""
    before = len(_sent)
    yield
    assert len(_sent) > before, "nothing led to the sign-in page"
    del _sent[before:]


@contextlib.contextmanager
def allow_sign_in() -> Iterator[None]:
    """What happens inside may lead to the sign-in page: the test looks at it itself."""
    before = len(_sent)
    yield
    del _sent[before:]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _sent.clear()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, object, object]:
    result = yield
    if _sent:
        pytest.fail(f"sent to the sign-in page: {', '.join(_sent)}; see expect_sign_in", pytrace=False)
    return result
