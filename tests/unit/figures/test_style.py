import matplotlib
import pytest

from relmaps.figures.style import house_style, new_figure, save_figure


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_figure_is_the_same_file(tmp_path, suffix):
    paths = [tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"]
    for path in paths:
        with house_style():
            figure = new_figure(30)
            figure.subplots().fill_between([0, 1], [0, 1], hatch="/")  # hatches and clips get ids in SVG
            save_figure(figure, [path])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert b"Date" not in paths[0].read_bytes()


def test_png_is_as_wide_as_the_page_at_300_dpi(tmp_path):
    from PIL import Image

    with house_style():
        save_figure(new_figure(30), [tmp_path / "a.png"])
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (round(180 / 25.4 * 300 - 0.5), round(30 / 25.4 * 300 - 0.5))


def test_nothing_is_left_when_drawing_fails(tmp_path):
    with house_style():
        figure = new_figure(30)
        figure.subplots().set_title(r"$\notacommand$")
        with pytest.raises(ValueError, match="notacommand"):
            save_figure(figure, [tmp_path / "a.png"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault
def test_a_figure_does_not_depend_on_the_user_s_matplotlibrc(tmp_path):
    def draw(name):
        with house_style():
            figure = new_figure(30)
            figure.subplots().plot([0, 1], [0, 1], label="a")
            save_figure(figure, [tmp_path / name])
        return (tmp_path / name).read_bytes()

    plain = draw("plain.svg")
    with matplotlib.rc_context({"font.family": "serif", "text.usetex": True, "axes.grid": True, "figure.dpi": 40}):
        assert draw("own.svg") == plain
