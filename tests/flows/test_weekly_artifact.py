"""The progress of a weekly run in Prefect's own records: counts, and nothing about anybody."""

import json

import pytest
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness

from flows import serve, weekly
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_artifact_holds_counts_and_not_one_word_of_a_patient(settings, tmp_path, mailbox):
    settings.REPORTS_FOLDER = tmp_path / "reports"
    cast.ana()
    with prefect_test_harness(server_startup_timeout=120):
        weekly.run_once(cast.START + 7 * cast.DAY, tell=serve.progress())
        with get_client(sync_client=True) as client:
            (kept,) = client.read_artifacts()
    assert kept.key == "weekly"
    assert kept.type == "progress"
    assert kept.data == 100.0
    assert kept.description == "Weekly reports: 2 of 2 reports and packets."
    whole = json.dumps(kept.model_dump(mode="json"))
    for word in ("Ana", "Reyes", "A-001", "depression", "okafor", "PHQ"):
        assert word not in whole
