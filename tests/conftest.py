"""The cast: an owner, two members, and ways to be signed in as one of them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from dashboard.models import User

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session", autouse=True)
def _data_folder() -> Iterator[None]:
    yield
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("olga@example.com", "a long password", name="Olga", is_owner=True)


@pytest.fixture
def maria(owner: User) -> User:
    return User.objects.create_user("maria@example.com", "a long password", name="Maria")


@pytest.fixture
def tom(owner: User) -> User:
    return User.objects.create_user("tom@example.com", "a long password", name="Tom")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def as_(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return as_
