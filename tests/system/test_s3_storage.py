"""State storage on a real S3-compatible server."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from harness.s3_server import s3_server
from harness.storage_cases import Put, StorageCases
from headgate.clients.storage import snapshot_at
from headgate.errors import Unavailable
from obstore.store import S3Store

pytestmark = pytest.mark.slow

BUCKET = "state"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Store]:
    """Another client of the served bucket, which shares no cache with ours."""
    with s3_server(tmp_path_factory.mktemp("s3"), BUCKET):
        yield S3Store(BUCKET)


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3p"])
class TestS3(StorageCases):
    """In each of the spellings that Flink's file systems have."""

    @pytest.fixture
    def folder(self) -> str:
        return f"flink-{uuid4().hex[:8]}"

    @pytest.fixture
    def root(self, scheme: str, folder: str) -> str:
        return f"{scheme}://{BUCKET}/{folder}"

    @pytest.fixture
    def put(self, store: S3Store, folder: str) -> Put:
        return lambda name, content: store.put(f"{folder}/{name}", content) and None


def test_bucket_that_is_not_there_is_unavailable(store: S3Store) -> None:
    del store
    with pytest.raises(Unavailable, match="does not answer"):
        snapshot_at("s3://no-such-bucket/a/b")
