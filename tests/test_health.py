from django.test import Client


def test_the_server_says_that_it_is_well_to_anybody(db):
    assert Client().get("/health/").content == b"ok\n"


def test_who_comes_by_an_unknown_name_is_told_so(db):
    response = Client().get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "ALLOWED_HOSTS" in response.content.decode()


def test_the_api_answers_in_its_envelope_to_an_unknown_name_too(db):
    response = Client().get("/v1/cg_avatar/avatar.list", headers={"Host": "evil.example"})
    assert (response.status_code, response.json()["code"]) == (404, 1004)
