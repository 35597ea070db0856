"""Tables as HTML that sorts on click or key, without anything from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from relmaps.figures.names import FAMILY_NAMES, METRIC_NAMES, map_name, model_name, reference_name
from relmaps.report.answer import estimate

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Column:
    """A column of a page's table. text and key map a row to what is shown and to what is sorted by (text if none)."""

    title: str
    text: Callable[[pd.Series], str]
    key: Callable[[pd.Series], float] | None = None


def render(template: str, **values: object) -> str:
    """A template of this package, filled; a missing value is an error, and text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def html_table(rows: pd.DataFrame, columns: list[Column], caption: str) -> Markup:
    """The rows as a sortable table; the first column is the row's header."""
    cells = [
        [{"text": column.text(row), "key": column.key(row) if column.key else None} for column in columns]
        for _, row in rows.iterrows()
    ]
    return Markup(render("table.html.j2", caption=caption, titles=[column.title for column in columns], rows=cells))


def number(column: str, title: str, digits: int = 2) -> Column:
    """A column of numbers, n/a where missing."""
    return Column(title, lambda row: _number(row[column], digits), lambda row: row[column])


def interval(column: str, title: str, low: str, high: str) -> Column:
    """A column of estimates with their intervals in brackets, sorted by the estimate."""
    return Column(title, lambda row: estimate(row[column], row[low], row[high]), lambda row: row[column])


def overlap_html(table: pd.DataFrame) -> Markup:
    """The table of relmaps.figures.overlap.overlap_table."""
    columns = [
        Column("Map", lambda row: map_name(row["map"])),
        Column("Kind", lambda row: FAMILY_NAMES[row.family]),
        Column("Reference", lambda row: reference_name(row.reference)),
        interval("roc_auc", "ROC AUC", "roc_auc_ci_low", "roc_auc_ci_high"),
        interval("dice", "Dice", "dice_ci_low", "dice_ci_high"),
        number("dice_max", "Largest Dice"),
        number("average_precision", "Average precision"),
        number("null_p_spatial", "p, random fields", 3),
        number("null_p_labels", "p, shuffled labels", 3),
        number("retraining_sd", "SD of AUC over trainings", 3),
        Column("AUC in the sweep", _sweep, lambda row: row.roc_auc_sweep_high - row.roc_auc_sweep_low),
    ]
    return html_table(
        table, columns, "Overlap of each map with each reference at the headline setting, with intervals in brackets"
    )


def comparisons_html(comparisons: pd.DataFrame) -> Markup:
    """The headline rows of comparisons.tsv."""
    columns = [
        Column("Map", lambda row: map_name(row.map_a)),
        Column("Minus", lambda row: map_name(row.map_b)),
        Column("Reference", lambda row: reference_name(row.reference)),
        Column("Metric", lambda row: METRIC_NAMES[row.metric]),
        interval("difference", "Difference", "ci_low", "ci_high"),
        number("p", "p", 3),
        number("p_holm", "p (Holm)", 3),
    ]
    return html_table(
        comparisons, columns, "Paired differences between maps at the headline setting, with intervals in brackets"
    )


def performance_html(performance: pd.DataFrame) -> Markup:
    """The rows of performance.tsv over all folds and seeds."""
    columns = [
        Column("Model", lambda row: model_name(row.model)),
        Column("Feature", lambda row: row.feature),
        Column("Metric", lambda row: METRIC_NAMES[row.metric]),
        interval("value", "Estimate", "ci_low", "ci_high"),
    ]
    overall = performance[(performance["fold"] == "all") & (performance["seed"] == "all")]
    return html_table(overall, columns, "Performance on held-out participants, with intervals in brackets")


def model_comparisons_html(comparisons: pd.DataFrame) -> Markup:
    """model_comparisons.tsv: which models are right where others are wrong."""
    columns = [
        Column("Model", lambda row: model_name(row.model_a)),
        Column("Against", lambda row: model_name(row.model_b)),
        Column("Only the first is right", lambda row: str(row.only_a_right), lambda row: row.only_a_right),
        Column("Only the second", lambda row: str(row.only_b_right), lambda row: row.only_b_right),
        interval("difference", "Difference in balanced accuracy", "ci_low", "ci_high"),
        number("p", "p (McNemar)", 3),
        number("p_holm", "p (Holm)", 3),
    ]
    return html_table(comparisons, columns, "Models compared on the same held-out participants")


def variability_html(variability: pd.DataFrame) -> Markup:
    """variability.tsv: how much another fold, and another training, changes the result."""
    columns = [
        Column("Model", lambda row: model_name(row.model)),
        Column("Metric", lambda row: METRIC_NAMES[row.metric]),
        number("sd_folds", "Standard deviation between folds", 3),
        number("sd_seeds", "between seeds within a fold", 3),
        Column("Folds", lambda row: str(row.n_folds)),
        Column("Seeds", lambda row: str(row.n_seeds)),
    ]
    return html_table(variability, columns, "Variability of performance")


def recovery_html(recovery: pd.DataFrame) -> Markup:
    """recovery.tsv: does a map recover the known truth?"""
    columns = [
        Column("Map", lambda row: map_name(row["map"])),
        interval("auc", "ROC AUC", "ci_low", "ci_high"),
        Column("Recovers", lambda row: _yes_no(row.recovered)),
        Column("Hardest baseline", lambda row: "n/a" if pd.isna(row.worst_baseline) else map_name(row.worst_baseline)),
        interval("difference", "Difference to it", "difference_ci_low", "difference_ci_high"),
    ]
    return html_table(recovery, columns, "Recovery of the known truth, with intervals in brackets")


def polarity_html(sidecars: dict[str, dict]) -> Markup:
    """What positive means in each map. sidecars : map -> content of group.json."""
    titles = {"polarity": "Positive means", "units": "Units", "feature": "Feature", "target": "Target"}
    return _sidecar_table(sidecars, "Map", map_name, titles | {"pooling": "Pooling"}, "What the maps say")


def references_html(references: dict[str, dict]) -> Markup:
    """references : reference -> content of reference.json."""
    titles = {
        "label": "Label",
        "source": "Source",
        "units": "Units",
        "threshold": "Threshold",
        "mask_voxels": "Voxels in mask",
    }
    titles |= {"n_studies": "Studies", "n_foci": "Foci", "note": "Note"}
    return _sidecar_table(references, "Reference", reference_name, titles, "References")


def pairs_html(pairs: dict[str, object], titles: tuple[str, str], caption: str) -> Markup:
    """Names and values, such as settings or versions."""
    rows = pd.DataFrame({"name": list(pairs), "value": [str(value) for value in pairs.values()]})
    columns = [Column(titles[0], lambda row: row["name"]), Column(titles[1], lambda row: row["value"])]
    return html_table(rows, columns, caption)


def _sidecar_table(
    sidecars: dict[str, dict], first: str, name_of: Callable[[str], str], titles: dict[str, str], caption: str
) -> Markup:
    """One row per sidecar; titles : key of the sidecar -> title of its column."""
    rows = pd.DataFrame({"name": list(sidecars), "sidecar": list(sidecars.values())})
    columns = [Column(first, lambda row: name_of(row["name"]))]
    columns += [Column(title, lambda row, key=key: _plain(row["sidecar"].get(key))) for key, title in titles.items()]
    return html_table(rows, columns, caption)


def _number(value: float, digits: int) -> str:
    return "n/a" if pd.isna(value) else f"{value:.{digits}f}"


def _plain(value: object) -> str:
    if value is None or value == "":
        return "n/a"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _yes_no(value: object) -> str:
    return "n/a" if pd.isna(value) else {"true": "yes", "false": "no"}[str(value).lower()]


def _sweep(row: pd.Series) -> str:
    return "n/a" if pd.isna(row.roc_auc_sweep_low) else f"{row.roc_auc_sweep_low:.2f} to {row.roc_auc_sweep_high:.2f}"
