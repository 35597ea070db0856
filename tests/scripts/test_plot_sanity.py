from relmaps.io.tables import write_table
from tests.synthetic_checks import HEATMAPS, randomisation
from workflow.scripts import plot_sanity


def test_figure_has_every_heatmap(tmp_path):
    paths = [tmp_path / f"{name}.tsv" for name in HEATMAPS]
    for name, path in zip(HEATMAPS, paths, strict=True):
        write_table(randomisation(name), path, "randomisation")
    figure = tmp_path / "sanity.svg"
    plot_sanity.main(randomisation=paths, figures=[figure])
    drawn = figure.read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("LRP", "Integrated Gradients", "SSIM", "conv 2"))
