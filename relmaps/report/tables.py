"""The tables of a study: which rows and columns each has, and what it is called."""

from collections.abc import Callable

import pandas as pd

from relmaps.catalogue.looks import FAMILY_LOOKS
from relmaps.catalogue.names import METRIC_NAMES, comparison_name, group_names, map_name, model_name, reference_name
from relmaps.figures.overlap import is_true, overlap_table
from relmaps.report.table import Column, Table, interval, number


def study_tables(
    published: dict[str, pd.DataFrame], sidecars: dict[str, dict], references: dict[str, dict]
) -> dict[str, Table]:
    """All tables that a report shows, by name, in its order.

    published : participants, subjects, qc, performance, model_comparisons, variability, scores, comparisons, recovery
    and regions, as published. sidecars : map -> group.json. references : reference -> reference.json.
    """
    subjects = published["subjects"]
    return {
        "cohort": cohort(subjects, published["participants"]),
        "flagged": flagged(published["qc"], subjects),
        "performance": performance(published["performance"]),
        "model_comparisons": model_comparisons(published["model_comparisons"]),
        "variability": variability(published["variability"]),
        "maps": of_maps(sidecars),
        "references": of_references(references),
        "overlap": overlap(overlap_table(published["scores"])),
        "recovery": recovery(published["recovery"]),
        "comparisons": comparisons(published["comparisons"]),
        "regions": regions(published["regions"]),
    }


def cohort(subjects: pd.DataFrame, participants: pd.DataFrame) -> Table:
    """Who was used, by group: number, age and sex. Tables as published; nobody is named."""
    groups = group_names(participants) | {-1: "all"}
    rows = []
    for label, name in groups.items():
        mine = subjects if label == -1 else subjects[subjects["label"] == label]
        age = mine["age"].astype(float)
        counts = {f"n_{sex}": int((mine["sex"] == sex).sum()) for sex in ("f", "m")}
        rows.append(
            {"group": name, "n": len(mine), "age_mean": age.mean(), "age_sd": age.std()}
            | {"age_lowest": age.min(), "age_highest": age.max(), "n_without_age": int(age.isna().sum())}
            | counts
            | {"n_without_sex": len(mine) - sum(counts.values()), "tiv_ml_mean": mine["tiv_ml"].mean()}
        )
    columns = [
        Column("Group", lambda row: row.group),
        *(_count(column, title) for column, title in {"n": "Participants", "n_f": "Women", "n_m": "Men"}.items()),
        _count("n_without_sex", "Sex not known"),
        number("age_mean", "Age, mean", 1),
        number("age_sd", "SD", 1),
        number("age_lowest", "Lowest", 1),
        number("age_highest", "Highest", 1),
        _count("n_without_age", "Age not known"),
        number("tiv_ml_mean", "Intracranial volume, mean (ml)", 0),
    ]
    return Table(pd.DataFrame(rows), columns, "Participants used in the study")


def flagged(qc: pd.DataFrame, subjects: pd.DataFrame) -> Table:
    """Scans that were left out after registration or carry a flag; the number is that of the mosaic."""
    rows = qc.assign(number=range(1, len(qc) + 1), used=qc["scan_id"].isin(subjects["scan_id"]))
    rows = rows[rows["flags"].notna() | ~rows["used"]].drop(columns=["scan_id", "participant_id", "content", "reason"])
    columns = [
        Column("Scan", lambda row: str(row.number), lambda row: row.number),
        Column("Used", lambda row: "yes" if row.used else "no"),
        Column("Preprocessing", lambda row: str(row.status)),
        Column("Flags", lambda row: "none" if pd.isna(row["flags"]) else row["flags"]),
        number("similarity", "Similarity to template"),
        number("gm_dice", "Dice of grey matter"),
        number("noise", "Noise", 3),
    ]
    return Table(rows, columns, "Scans that were left out or flagged")


def overlap(table: pd.DataFrame) -> Table:
    """The table of relmaps.figures.overlap.overlap_table."""
    columns = [
        Column("Map", lambda row: map_name(row["map"])),
        Column("Kind", lambda row: FAMILY_LOOKS[row.family].title),
        Column("Reference", lambda row: reference_name(row.reference)),
        interval("roc_auc", "ROC AUC", "roc_auc_ci_low", "roc_auc_ci_high"),
        interval(
            "tissue_adjusted_auc", "Tissue-adjusted AUC", "tissue_adjusted_auc_ci_low", "tissue_adjusted_auc_ci_high"
        ),
        interval("dice", "Dice", "dice_ci_low", "dice_ci_high"),
        number("dice_max", "Largest Dice"),
        number("average_precision", "Average precision"),
        number("null_p_spatial", "p, surrogate maps", 3),
        number("null_p_labels", "p, label permutations", 3),
        number("retraining_sd", "SD of AUC over trainings", 3),
        Column("AUC in the multiverse", _auc_range, _auc_width),
    ]
    return Table(
        table, columns, "Overlap of each map with each reference in the primary analysis, with intervals in brackets"
    )


def metrics(scores: pd.DataFrame) -> Table:
    """Every metric of one map in the primary analysis, against each reference. scores : rows of scores.tsv."""
    columns = [
        Column("Metric", lambda row: METRIC_NAMES[row.metric]),
        Column("Reference", lambda row: reference_name(row.reference)),
        interval("value", "Value", "ci_low", "ci_high"),
        number("null_p_spatial", "p, surrogate maps", 3),
        number("null_p_labels", "p, label permutations", 3),
        number("retraining_sd", "SD over trainings", 3),
    ]
    name = map_name(scores["map"].iloc[0])
    return Table(scores, columns, f"{name}: every metric in the primary analysis, with intervals in brackets")


def regions(regions: pd.DataFrame) -> Table:
    """regions.tsv: how much of each map, and of each reference, lies where."""
    columns = [
        Column("Map", lambda row: map_name(row["map"])),
        Column("Reference", lambda row: reference_name(row.reference)),
        Column("Region", lambda row: row.region),
        _count("n_voxels", "Voxels"),
        number("share_of_relevance", "Share of the map", 3),
        number("share_expected", "of the volume", 3),
        number("share_of_reference", "of the reference", 3),
        number("dice", "Dice inside"),
    ]
    return Table(regions, columns, "Relevance and overlap by region in the primary analysis")


def comparisons(comparisons: pd.DataFrame) -> Table:
    """comparisons.tsv in the primary analysis, by ROC AUC: the pairs by all metrics are too many to read."""
    comparisons = comparisons[is_true(comparisons["primary"]) & (comparisons["metric"] == "roc_auc")]
    columns = [
        Column("Map", lambda row: map_name(row.map_a)),
        Column("Minus", lambda row: map_name(row.map_b)),
        Column("Reference", lambda row: reference_name(row.reference)),
        number("difference", "Difference of ROC AUC"),
        interval("estimate", "without noise", "ci_low", "ci_high"),
        number("p", "p", 3),
        number("p_adjusted", "p, adjusted", 3),
        Column("Family", lambda row: "n/a" if pd.isna(row.family) else comparison_name(row.family)),
    ]
    return Table(
        comparisons, columns, "Paired differences between maps in the primary analysis, with intervals in brackets"
    )


def performance(performance: pd.DataFrame) -> Table:
    """The rows of performance.tsv over all folds and seeds."""
    columns = [
        Column("Model", lambda row: model_name(row.model)),
        Column("Feature", lambda row: _plain(row.feature)),
        Column("Metric", lambda row: METRIC_NAMES[row.metric]),
        interval("value", "Estimate", "ci_low", "ci_high"),
    ]
    overall = performance[(performance["fold"] == "all") & (performance["seed"] == "all")]
    return Table(overall, columns, "Performance on held-out participants, with intervals in brackets")


def model_comparisons(comparisons: pd.DataFrame) -> Table:
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
    return Table(comparisons, columns, "Models compared on the same held-out participants")


def variability(variability: pd.DataFrame) -> Table:
    """variability.tsv: how much another fold, and another training, changes the result."""
    columns = [
        Column("Model", lambda row: model_name(row.model)),
        Column("Metric", lambda row: METRIC_NAMES[row.metric]),
        number("sd_folds", "Standard deviation between folds", 3),
        number("sd_seeds", "between seeds within a fold", 3),
        Column("Folds", lambda row: str(row.n_folds)),
        Column("Seeds", lambda row: str(row.n_seeds)),
    ]
    return Table(variability, columns, "Variability of performance")


def recovery(recovery: pd.DataFrame) -> Table:
    """recovery.tsv: does a map recover the ground truth?"""
    columns = [
        Column("Map", lambda row: map_name(row["map"])),
        interval("auc", "ROC AUC", "ci_low", "ci_high"),
        Column("Recovers", lambda row: _yes_no(row.recovered)),
        Column("Hardest baseline", lambda row: "n/a" if pd.isna(row.worst_baseline) else map_name(row.worst_baseline)),
        interval("difference", "Difference to it", "difference_ci_low", "difference_ci_high"),
    ]
    return Table(recovery, columns, "Recovery of the ground truth, with intervals in brackets")


def of_maps(sidecars: dict[str, dict]) -> Table:
    """What positive means in each map. sidecars : map -> content of group.json."""
    titles = {"polarity": "Positive means", "units": "Units", "feature": "Feature", "target": "Target"}
    return _sidecar_table(sidecars, "Map", map_name, titles | {"pooling": "Pooling"}, "Polarity and units of each map")


def of_references(references: dict[str, dict]) -> Table:
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


def pairs(pairs: dict[str, object], titles: tuple[str, str], caption: str) -> Table:
    """Names and values, such as settings or versions."""
    rows = pd.DataFrame({"name": list(pairs), "value": [str(value) for value in pairs.values()]})
    columns = [Column(titles[0], lambda row: row["name"]), Column(titles[1], lambda row: row["value"])]
    return Table(rows, columns, caption)


def recipe(departures: dict[str, tuple[object, object]]) -> Table:
    """departures : of relmaps.report.method.departures_from_recipe."""
    rows = pd.DataFrame(
        [(key, str(theirs), str(ours)) for key, (theirs, ours) in departures.items()], columns=["key", "paper", "here"]
    )
    columns = [
        Column("Key", lambda row: row.key),
        Column("Published recipe", lambda row: row.paper),
        Column("This study", lambda row: row.here),
    ]
    return Table(rows, columns, "Settings that differ from the published recipe (config/paper.yaml)")


def _sidecar_table(
    sidecars: dict[str, dict], first: str, format_name: Callable[[str], str], titles: dict[str, str], caption: str
) -> Table:
    """One row per sidecar; titles : key of the sidecar -> title of its column."""
    rows = pd.DataFrame(
        [{"name": name} | {key: sidecar.get(key) for key in titles} for name, sidecar in sidecars.items()]
    )
    columns = [Column(first, lambda row: format_name(row["name"]))]
    columns += [Column(title, lambda row, key=key: _plain(row[key])) for key, title in titles.items()]
    return Table(rows, columns, caption)


def _count(column: str, title: str) -> Column:
    return Column(title, lambda row: "n/a" if pd.isna(row[column]) else f"{row[column]:.0f}", lambda row: row[column])


def _plain(value: object) -> str:
    if value is None or value == "" or pd.isna(value):
        return "n/a"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _yes_no(value: object) -> str:
    return "n/a" if pd.isna(value) else {"true": "yes", "false": "no"}[str(value).lower()]


def _auc_range(row: pd.Series) -> str:
    low, high = row.roc_auc_multiverse_low, row.roc_auc_multiverse_high
    return "n/a" if pd.isna(low) else f"{low:.2f} to {high:.2f}"


def _auc_width(row: pd.Series) -> float:
    return row.roc_auc_multiverse_high - row.roc_auc_multiverse_low
