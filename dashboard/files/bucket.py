"""The storage of uploaded and generated files in an S3-compatible bucket."""

from storages.backends.s3 import S3Storage


class BucketStorage(S3Storage):
    """A private bucket. Names are unique and files are never written again, as in the data folder."""

    default_acl = None
    file_overwrite = False  # as in the data folder: a name that is taken is changed
    querystring_auth = True
    max_memory_size = 8 * 2**20
