import pytest

from relmaps.catalogue.networks import WIDTHS, check_fits, find_architecture, find_width
from relmaps.io.errors import UserError

PAPER_GRID = (193, 229, 193)


def test_there_are_32_networks_of_the_paper():
    names = {find_architecture(f"{family}{width}") for family in "ABCD" for width in WIDTHS}
    assert len(names) == 32


@pytest.mark.parametrize(("family", "shape"), [("A", (3, 4, 3)), ("B", (4, 5, 4)), ("C", (4, 5, 4)), ("D", (4, 5, 4))])
def test_last_block_on_the_paper_s_grid(family, shape):
    assert find_architecture(f"{family}24").feature_shape(PAPER_GRID) == shape


@pytest.mark.parametrize("name", ["E24", "A25", "A56", "a24", "", "smaller"])
def test_unknown_names_are_refused(name):
    with pytest.raises(UserError, match="is unknown"):
        find_architecture(name)


@pytest.mark.parametrize("shape", [(50, 59, 48), (99, 117, 95), (25, 30, 24), (22, 22, 22)])
@pytest.mark.parametrize("name", ["small", "wide", "shallow"])
def test_ours_fit_coarse_grids(name, shape):
    check_fits(name, shape)


def test_a_grid_that_is_too_small_names_the_families_that_fit():
    with pytest.raises(UserError, match=r"A24 .* 99 x 117 x 95 .* fit: small, wide, shallow, B;"):
        check_fits("A24", (99, 117, 95))
    with pytest.raises(UserError, match="fit: none"):
        check_fits("small", (22, 22, 21))


def test_the_width_is_that_of_the_first_block_and_at_least_8():
    assert [find_width(name) for name in ("A24", "D52", "wide", "small")] == [24, 52, 8, 8]
