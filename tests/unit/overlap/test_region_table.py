from dataclasses import replace

import numpy as np
import pytest

from relmaps.io.tables import read_columns, write_table
from relmaps.overlap.regions import region_table
from relmaps.overlap.scoring_space import Specification
from relmaps.space.atlas import ELSEWHERE, Atlas


@pytest.fixture
def atlas(grid):
    """Two halves in y, a rim in no region, and a region outside the brain."""
    _, y, z = np.indices(grid.shape)
    numbers = np.where(y < 5, 1, 2)
    numbers[z < 2] = 0
    numbers[:, :, -1] = 3
    return Atlas([ELSEWHERE, "back", "front", "beyond"], numbers)


@pytest.fixture
def maps(scoring_space, rng):
    n = scoring_space.brain.sum()
    return {"noise": rng.normal(size=n).astype(np.float32), "flat": np.ones(n, np.float32)}


def literal(values, scoring_space, specification, atlas, reference):
    """Region by region on volumes, without ties."""
    scored = scoring_space.masks[specification.mask] & scoring_space.brain
    transformed = np.full(scoring_space.grid.shape, -np.inf)
    transformed[scoring_space.brain] = scoring_space.scorer(specification).map_transform(values)
    inside = reference.mask & scored
    threshold = np.sort(transformed[scored])[::-1][inside.sum() - 1]
    kept = scored & (transformed >= threshold)
    for number, name in enumerate(atlas.names):
        region = scored & (atlas.numbers == number)
        size = (kept & region).sum() + (inside & region).sum()
        yield {
            "region": name,
            "n_voxels": region.sum(),
            "share_of_relevance": np.abs(transformed[region]).sum() / np.abs(transformed[scored]).sum(),
            "share_expected": region.sum() / scored.sum(),
            "share_of_reference": (inside & region).sum() / inside.sum(),
            "dice": 2 * (kept & inside & region).sum() / size if size else np.nan,
        }


@pytest.mark.parametrize("specification", [Specification("abs", 8, "brain"), Specification("signed", 0, "gm")])
def test_rows_equal_the_literal_formula(maps, scoring_space, atlas, specification):
    table = region_table(maps, scoring_space, specification, atlas)
    assert len(table) == 2 * 2 * 4
    for reference in scoring_space.references:
        found = table[(table["map"] == "noise") & (table["reference"] == reference.name)]
        rows = list(literal(maps["noise"], scoring_space, specification, atlas, reference))
        for row, expected in zip(found.to_dict("records"), rows, strict=True):
            assert row["region"] == expected.pop("region")
            for column, value in expected.items():
                assert row[column] == pytest.approx(value, rel=1e-5, nan_ok=True), column


def test_shares_add_up_and_a_flat_map_has_what_is_expected(maps, scoring_space, atlas, primary):
    table = region_table(maps, scoring_space, primary, atlas)
    sums = table.groupby(["map", "reference"])[["share_of_relevance", "share_expected", "share_of_reference"]].sum()
    np.testing.assert_allclose(sums, 1)
    flat = table[table["map"] == "flat"]
    np.testing.assert_allclose(flat["share_of_relevance"], flat["share_expected"], rtol=1e-5)
    beyond = table[table["region"] == "beyond"]
    assert (beyond["n_voxels"] == 0).all()
    assert beyond["dice"].isna().all()


def test_hits_of_the_regions_add_up_to_those_of_the_whole(maps, scoring_space, primary, grid):
    """One region that is everything has the Dice of scores.tsv, also with ties."""
    whole = Atlas([ELSEWHERE, "brain"], np.ones(grid.shape, dtype=int))
    maps["steps"] = np.round(maps["noise"]).astype(np.float32)
    specification = Specification("abs", 0, "brain")
    table = region_table(maps, scoring_space, specification, whole).query("region == 'brain'")
    for name, values in maps.items():
        expected = scoring_space.scorer(specification)(values)[:, 0]
        np.testing.assert_allclose(table.loc[table["map"] == name, "dice"], expected, rtol=1e-5)


def test_what_is_undefined_is_nan(maps, scoring_space, atlas, primary, tmp_path):
    empty_one = replace(scoring_space.references[0], mask=np.zeros_like(scoring_space.references[0].mask))
    scoring_space = replace(scoring_space, references=[empty_one, *scoring_space.references[1:]])
    maps["nothing"] = np.zeros_like(maps["flat"])
    table = region_table(maps, scoring_space, primary, atlas)
    empty = table["reference"] == scoring_space.references[0].name
    assert table.loc[empty, ["share_of_reference", "dice"]].isna().all(axis=None)
    assert table.loc[~empty, "share_of_reference"].notna().all()
    assert table["share_of_relevance"].isna().equals(table["map"] == "nothing")
    write_table(table, tmp_path / "regions.tsv", "regions")
    assert list(table) == list(read_columns("regions"))
