"""What the study will do, as far as Snakemake must know beforehand: scans, how they share jobs, maps and references."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from relmaps.catalogue.maps import CONTRIBUTION, LINEAR_KINDS, MAPS, MODEL_FREE, PREDICTION_MAPS, TRUTH_MAPS
from relmaps.catalogue.references import TRUTH
from relmaps.catalogue.sources import SOURCES, settings_of_source
from relmaps.classify.models import Models, select_models
from relmaps.cohort.cohort import Scan
from relmaps.cohort.participants import participant_ids
from relmaps.cohort.sources import list_tables, read_cohort
from relmaps.cohort.synthetic_atrophy import SYNTHETIC_ATROPHY
from relmaps.cohort.truth import find_truth
from relmaps.io.errors import UserError

PICTURES_PER_JOB = 20  # a picture takes about a second, starting a job several


@dataclass(frozen=True)
class Plan:
    """What the rules need of the cohort.

    dataset : folder or table of the source. tables : files that it is read from. scans : raw scans, by scan_id.
    simulation_batches : number -> scans that one job simulates. conversions, atrophied, batches : number -> scans that
    one job converts from DICOM, gives the disease, or preprocesses; the same numbers mean the same scans, whose `path`
    is what that job reads. pictures : number -> batches whose scans one job draws. models : those that are trained.
    linear_maps : maps of the linear ones, and contributions : those that each participant has, also among `maps`.
    """

    dataset: str
    tables: list[str]
    scans: dict[str, Scan]
    simulation_batches: dict[str, list[Scan]]
    conversions: dict[str, list[Scan]]
    atrophied: dict[str, list[Scan]]
    batches: dict[str, list[Scan]]
    pictures: dict[str, list[str]]
    models: Models
    linear_maps: list[str]
    contributions: list[str]
    maps: list[str]
    references: list[str]

    def simulated_with(self, batch: str) -> list[str]:
        """Numbers of the simulation jobs that make the scans of a preprocessing job."""
        wanted = {scan.scan_id for scan in self.batches[batch]}
        return [
            number
            for number, scans in self.simulation_batches.items()
            if wanted.intersection(scan.scan_id for scan in scans)
        ]


def plan_study(config: dict) -> Plan:
    """The plan of a validated configuration; reads names of files, never their content, and imports nothing heavy.

    A study whose figures are drawn again has no scans.
    """
    results = f"results/{config['study']}/cohort"
    source = config["cohort"]["source"]
    simulated = SOURCES[source].is_made
    if config["redraw"]:
        dataset, tables, scans = "", [], []
    elif simulated:
        dataset, tables = f"{results}/bids", [f"{results}/bids/participants.tsv"]
        scans = [
            Scan(name, name, None, f"{dataset}/{name}/anat/{name}_T1w.nii.gz")
            for name in participant_ids(config["simulation"]["n_scans"])
        ]
        n_disease = len(scans) // 2
        _check_folds({"disease": n_disease, "control": len(scans) - n_disease}, config)
    else:
        dataset = str(Path(config["input"]))
        settings = settings_of_source(config["cohort"])
        tables, cohort = list_tables(source, dataset, settings), read_cohort(source, dataset, settings)
        scans = cohort.scans
        _check_names(scans)
        labels = cohort.participants["label"]
        _check_folds({"disease": int((labels == 1).sum()), "control": int((labels == 0).sum())}, config)

    raw = _chunks(scans, config["preprocess"]["scans_per_job"])
    conversions = {} if simulated else _only(raw, lambda scan: Path(scan.path).is_dir())
    prepared = _moved(raw, {scan.scan_id for batch in conversions.values() for scan in batch}, f"{results}/converted")
    atrophied = prepared if config["cohort"]["synthetic_atrophy"] is not None else {}
    if atrophied:
        prepared = _moved(prepared, {scan.scan_id for scan in scans}, f"{results}/synthetic_atrophy")
    models = select_models(config["classify"])
    linear_maps = [f"{model}_{kind}" for model in models.linear for kind in LINEAR_KINDS]
    maps = _maps(config, linear_maps, [f"{model}_{CONTRIBUTION}" for model in models.linear])
    return Plan(
        dataset=dataset,
        tables=tables,
        scans={scan.scan_id: scan for scan in scans},
        simulation_batches=_chunks(scans, config["simulation"]["scans_per_job"]) if simulated else {},
        conversions=conversions,
        atrophied=atrophied,
        batches=prepared,
        pictures=_chunks(list(prepared), max(1, PICTURES_PER_JOB // config["preprocess"]["scans_per_job"])),
        models=models,
        linear_maps=linear_maps,
        contributions=[name for name in maps if name in MAPS and MAPS[name].kind == CONTRIBUTION],
        maps=maps,
        references=[*config["reference"], *([TRUTH] if find_truth(config) and not _only_external(config) else [])],
    )


def _maps(config: dict, linear_maps: list[str], contributions: list[str]) -> list[str]:
    """Every map that is scored; external maps may not take a name of the catalogue."""
    others = [*contributions, *PREDICTION_MAPS, *MODEL_FREE, "untrained", *(TRUTH_MAPS if find_truth(config) else [])]
    if config["redraw"]:  # a finished study of an earlier version may lack some
        others = [name for name in others if (Path(config["redraw"]) / "relevance" / name).is_dir()]
    ours = [*config["relevance"]["methods"], *linear_maps, *others]
    for name in config["relevance"]["external_maps"]:
        if name in MAPS:
            raise UserError(f"config: relevance.external_maps.{name}: relmaps makes a map of this name; choose another")
    if not _only_external(config):
        return [*ours, *config["relevance"]["external_maps"]]
    if not config["relevance"]["external_maps"]:
        raise UserError("config: overlap.maps: external, but relevance.external_maps names no map; add one")
    return list(config["relevance"]["external_maps"])


def _only_external(config: dict) -> bool:
    return config["overlap"]["maps"] == "external"


def get_disease(config: dict) -> dict:
    """severity, severity_spread and regions of the study's ground truth; regions as in cohort.synthetic_atrophy.

    ellipsoids : the list of simulation.regions, which a simulated and a synthetic disease of that source take.
    """
    atrophy = config["cohort"]["synthetic_atrophy"]
    known = atrophy or config["simulation"]
    regions = atrophy["regions"] if atrophy else {"source": "ellipsoids", "path": None, "fwhm_mm": 1.0}
    ellipsoids = config["simulation"]["regions"] if regions["source"] == "ellipsoids" else []
    return {
        "severity": known["severity"],
        "severity_spread": known["severity_spread"],
        "regions": regions | {"ellipsoids": ellipsoids},
    }


def _chunks(items: list, size: int) -> dict[str, list]:
    return {str(start // size + 1): items[start : start + size] for start in range(0, len(items), size)}


def _only(batches: dict[str, list[Scan]], wanted: Callable[[Scan], bool]) -> dict[str, list[Scan]]:
    """The batches with the wanted scans alone; a batch without any is left out."""
    chosen = {number: [scan for scan in scans if wanted(scan)] for number, scans in batches.items()}
    return {number: scans for number, scans in chosen.items() if scans}


def _moved(batches: dict[str, list[Scan]], scan_ids: set[str], folder: str) -> dict[str, list[Scan]]:
    """The batches after a step that writes the named scans into a folder."""
    return {
        number: [
            replace(scan, path=f"{folder}/{scan.scan_id}_T1w.nii.gz") if scan.scan_id in scan_ids else scan
            for scan in scans
        ]
        for number, scans in batches.items()
    }


def _check_names(scans: list[Scan]) -> None:
    """Snakemake takes a word in braces for a wildcard, also in the name of an input file."""
    for scan in scans:
        if re.search(r"\{\s*\w+\s*[,}]", scan.path):
            raise UserError(f"{scan.path}: a name with braces cannot be used; rename the file or its folder")


def _check_folds(sizes: dict[str, int], config: dict) -> None:
    """Too few scans for the folds are better known now than after hours of preprocessing."""
    folds, names = (
        config["classify"]["folds"] if config["external_validation"] is None else 2,
        config["cohort"]["labels"],
    )
    if find_truth(config) == "synthetic_atrophy":
        names = names | {"disease": SYNTHETIC_ATROPHY}
    for group, size in sizes.items():
        if size < folds:
            raise UserError(
                f"config: classify.folds is {folds}, but group {names[group]} has {size} scan(s); "
                "set it to the smaller group's number or less"
            )
