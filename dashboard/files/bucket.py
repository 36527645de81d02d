"""The storage of uploaded and generated files in an S3-compatible bucket."""

import logging
from typing import Any

from botocore.config import Config
from django.core.files.storage import Storage
from django.utils.functional import LazyObject
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

log = logging.getLogger(__name__)

LINK_SECONDS = 3600  # a player asks for the next part of a film with the same link


class BucketStorage(S3Storage):
    """A private bucket."""

    default_acl = None
    file_overwrite = False  # as in the data folder: a name that is taken is changed
    querystring_auth = True
    max_memory_size = 8 * 2**20
    client_config: Any

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Also where the address is wrong or the bucket is away, somebody waits for the answer.
        self.client_config = self.client_config.merge(
            Config(connect_timeout=5, retries={"mode": "standard", "max_attempts": 3})
        )

    def delete_many(self, names: list[str]) -> list[str]:
        """Delete up to a thousand files with one request. Returns those that could not be deleted."""
        if not names:
            return []
        keys = {self._normalize_name(clean_name(name)): name for name in names}
        objects = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = self.connection.meta.client.delete_objects(Bucket=self.bucket_name, Delete=objects)
        for error in answer.get("Errors", []):
            log.warning("%s could not be deleted: %s", error.get("Key"), error.get("Message"))
        return [keys[error["Key"]] for error in answer.get("Errors", []) if error.get("Key") in keys]


def is_bucket(storage: Storage | LazyObject) -> bool:
    """Whether files are in a bucket instead of the data folder."""
    return hasattr(storage, "bucket_name")


def presign(
    storage: Storage | LazyObject, name: str, content_type: str, disposition: str, seconds: int = LINK_SECONDS
) -> str:
    """A link to the bucket itself, which sends the file with these headers. Asks nobody."""
    headers = {"ResponseContentType": content_type}
    if disposition:
        headers["ResponseContentDisposition"] = disposition
    return str(storage.url(name, parameters=headers, expire=seconds))  # type: ignore[call-arg]
