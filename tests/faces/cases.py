"""How many arbitrary inputs the codec has to stand: few in every run, very many with SPWF04SX_SLOW=1."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

SLOW = os.environ.get("SPWF04SX_SLOW") == "1"
many_cases = settings(max_examples=100_000 if SLOW else 500, deadline=None)
time_for_many_cases = pytest.mark.timeout(3600 if SLOW else 120)
