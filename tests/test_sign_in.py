"""The tests' own guard against passing on the sign-in page (tests/sign_in.py)."""

import pytest

from tests.sign_in import expect_sign_in

pytestmark = pytest.mark.usefixtures("owner")  # without anybody it would be the set-up page


@pytest.mark.xfail(strict=True, raises=pytest.fail.Exception, reason="this is what the guard is for")
def test_who_is_sent_to_the_sign_in_page_by_surprise_fails(client):
    assert b"Delete" not in client.get("/videos/").content


@pytest.mark.xfail(strict=True, raises=pytest.fail.Exception, reason="this is what the guard is for")
def test_who_follows_a_card_to_the_sign_in_page_by_surprise_fails(client):
    assert client.get("/videos/", headers={"HX-Request": "true"}).status_code == 200


def test_who_expects_the_sign_in_page_gets_it(client):
    with expect_sign_in():
        client.get("/videos/")


def test_who_expects_the_sign_in_page_in_vain_fails(client):
    with pytest.raises(AssertionError, match="nothing led to the sign-in page"), expect_sign_in():
        client.get("/health/")
