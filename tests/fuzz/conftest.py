"""A fuzzer posts more than any door allows; what is behind the limits is what it is to find."""

import pytest
from limits import RateLimitItemPerMinute

from surveys import pace


@pytest.fixture(autouse=True)
def in_any_number(monkeypatch):
    plenty = dict.fromkeys(pace.LIMITS, RateLimitItemPerMinute(10**9))
    monkeypatch.setattr(pace, "LIMITS", plenty)
