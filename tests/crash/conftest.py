"""One house for all who need no crowd: to migrate, start and warm up takes longer than a kill."""

from collections.abc import Iterator

import pytest

from tests.crash.harness import House, house


@pytest.fixture(scope="session")
def clinic() -> Iterator[House]:
    with house(due=2, invited=1, alarmed=1) as built:
        yield built
