import numpy as np

from relmaps.relevance.checks.blocks import cut_into_blocks


def test_blocks_are_cubes_that_hold_brain(brain):
    blocks = cut_into_blocks(brain, np.array([4.0, 4.0, 2.0]), 8)  # 2 x 2 x 4 voxels
    cubes = {}
    for place in np.ndindex(brain.shape):
        cubes.setdefault((place[0] // 2, place[1] // 2, place[2] // 4), []).append(place)
    held = [places for places in cubes.values() if any(brain[place] for place in places)]
    assert blocks.n == len(held) < len(cubes)
    numbers = [{blocks.index[place] for place in places} for places in held]
    assert [len(of_cube) for of_cube in numbers] == [1] * blocks.n
    assert set.union(*numbers) == set(range(blocks.n))
    assert (blocks.index >= 0).sum() == sum(map(len, held))


def test_mean_of_a_block_is_over_its_brain(brain, rng):
    blocks = cut_into_blocks(brain, np.full(3, 4.0), 12)
    values = rng.normal(size=brain.sum())
    volume = np.full(brain.shape, np.nan)
    volume[brain] = values
    expected = [np.nanmean(volume[blocks.index == number]) for number in range(blocks.n)]
    np.testing.assert_allclose(blocks.means(values, brain), expected)


def test_values_are_spread_over_their_blocks(brain, rng):
    blocks = cut_into_blocks(brain, np.full(3, 4.0), 12)
    ranks = rng.permutation(blocks.n)
    spread = blocks.spread(ranks, elsewhere=99)
    assert (spread[blocks.index < 0] == 99).all()
    for number in range(blocks.n):
        assert (spread[blocks.index == number] == ranks[number]).all()


def test_a_block_is_at_least_a_voxel(brain):
    assert cut_into_blocks(brain, np.full(3, 6.0), 1).n == brain.sum()
