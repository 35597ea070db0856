from relmaps.io.tables import write_table
from tests.synthetic_checks import HEATMAPS, areas, faithfulness
from workflow.scripts import plot_faithfulness


def test_figure_has_every_heatmap_and_chance(tmp_path):
    paths = {"faithfulness": [], "faithfulness_areas": []}
    for name in HEATMAPS:
        for (schema, of_schema), make in zip(paths.items(), (faithfulness, areas), strict=True):
            of_schema.append(tmp_path / f"{name}_{schema}.tsv")
            write_table(make(name), of_schema[-1], schema)
    figure = tmp_path / "faithfulness.svg"
    plot_faithfulness.main(curves=paths["faithfulness"], areas=paths["faithfulness_areas"], figures=[figure])
    drawn = figure.read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("LRP", "Integrated Gradients", "Random order"))
