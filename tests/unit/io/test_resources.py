from relmaps.io.resources import (
    EXPLAINING_COPIES,
    TRAINING_COPIES,
    VOXELS_AT_ONCE,
    explaining_mb,
    growing,
    training_mb,
)


def test_each_attempt_asks_for_more():
    assert [growing(1000)(None, attempt) for attempt in (1, 2, 3)] == [1000, 2000, 3000]


def test_memory_of_networks_grows_with_copies_of_the_first_block_s_output():
    """In MB, from bytes: 24 channels, 1e6 voxels, 5 scans, beside 2 GB for all else."""
    copy = 4 * 24 * 1e6 / 1e6
    assert training_mb(24, 1e6, 5) == 2000 + TRAINING_COPIES * 5 * copy
    assert explaining_mb(24, 1e6) == 2000 + EXPLAINING_COPIES * copy
    assert explaining_mb(24, 1e3) == explaining_mb(24, VOXELS_AT_ONCE), "small scans go through together"
