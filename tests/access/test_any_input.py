"""Whatever is typed or uploaded anywhere: an answer, never an error of ours."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.access.table import TABLE
from tests.access.test_table import undone
from tests.access.things import fill, things
from tests.dashboard.test_hostile_requests import FILES, field_names
from tests.example_counts import count_examples
from tests.sign_in import allow_sign_in

__all__ = ["things"]
EXAMPLES = count_examples(150)

# What a form gets: text of any kind, numbers beyond every column, and what looks like other types.
odd = st.sampled_from(
    [
        "-1",
        "0",
        "1",
        "9" * 30,
        "1e400",
        "nan",
        "٣",
        "[]",
        "{}",
        "null",
        "true",
        "../..",
        "%00",
        "\u202e",
        "x" * 70_000,
    ]
)
values = st.one_of(st.text(max_size=300), odd, st.lists(st.text(max_size=20), max_size=3))
# Beginnings of real files with anything after them, and anything.
starts = st.sampled_from(
    [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"ID3", b"PK\x03\x04", b"GIF89a", b"a;b\n"]
)
contents = st.builds(lambda start, rest: start + rest, starts, st.binary(max_size=2000))
names = st.text(max_size=60).map(lambda name: name or "x")


@pytest.mark.slow
@pytest.mark.parametrize("with_files", [False, True])
def test_no_form_and_no_upload_ends_in_an_error_of_ours(things, owner, signed_in, with_files):
    routes = sorted(route for route, methods in TABLE.items() if "POST" in methods)
    forms = st.dictionaries(st.sampled_from(field_names()), values, max_size=6)
    files = st.dictionaries(st.sampled_from(FILES), st.tuples(names, contents), min_size=1, max_size=2)

    @given(st.sampled_from(routes), forms, files if with_files else st.just({}), st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def post(route: str, form: dict[str, Any], uploads: dict[str, tuple[str, bytes]], is_htmx: bool) -> None:
        client: Client = signed_in(owner)
        client.raise_request_exception = False
        sent = {key: SimpleUploadedFile(name, content) for key, (name, content) in uploads.items()}
        headers = {"HX-Request": "true"} if is_htmx else {}
        with allow_sign_in(), undone():
            response = client.post(fill(route, things), form | sent, headers=headers)
        assert response.status_code < 500, (route, form, uploads)

    post()


@pytest.mark.slow
def test_no_query_ends_in_an_error_of_ours(things, owner, signed_in):
    routes = sorted(route for route, methods in TABLE.items() if "GET" in methods)
    client: Client = signed_in(owner)
    client.raise_request_exception = False

    @given(st.sampled_from(routes), st.dictionaries(st.sampled_from(field_names()), values, max_size=4))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def get(route: str, query: dict[str, Any]) -> None:
        with allow_sign_in(), undone():
            response = client.get(fill(route, things), query)
        is_health = route.startswith("health/")  # says truly that no worker runs
        assert response.status_code < 500 or is_health, (route, query)

    get()
