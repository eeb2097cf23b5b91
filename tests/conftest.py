from pathlib import Path

import pytest

from surveys.actions import mail


@pytest.fixture(autouse=True)
def mailbox(settings, tmp_path: Path):
    """A mail folder of its own for every test; the file transport is the default."""
    settings.MAIL_FOLDER = tmp_path / "mail"
    mail._transport.cache_clear()
    yield settings.MAIL_FOLDER
    mail._transport.cache_clear()
