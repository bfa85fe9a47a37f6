"""What services of VPC Lattice are held in, in tests."""

from __future__ import annotations

import pytest

from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.region import Region


@pytest.fixture
def held(west: Region) -> Lattice:
    return west.shelves.of(Lattice)
