from django.test import Client


def test_the_server_says_that_it_is_well_to_anybody(db):
    assert Client().get("/health/").content == b"ok\n"
