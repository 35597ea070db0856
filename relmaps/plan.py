"""What the study will do, as far as Snakemake must know beforehand: scans, how they share jobs, maps and references."""

from dataclasses import dataclass
from pathlib import Path

from relmaps.cohort.bids import Scan, read_dataset
from relmaps.cohort.participants import participant_ids
from relmaps.errors import UserError

SVM_MAPS = ["svm_pattern", "svm_weights"]
INPUT_MAPS = ["mean_t1", "gm_probability", "t1_edges"]  # what any map of a brain overlaps with, without any network


@dataclass(frozen=True)
class Plan:
    """scans : by scan_id. batches, simulation_batches : number -> scans that one job preprocesses or simulates."""

    scans: dict[str, Scan]
    batches: dict[str, list[Scan]]
    simulation_batches: dict[str, list[Scan]]
    dataset: str
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
    """The plan of a validated configuration; reads names of files, never their content, and imports nothing heavy."""
    simulated = config["cohort"]["source"] == "simulated"
    if simulated:
        dataset = f"results/{config['study']}/cohort/bids"
        scans = [
            Scan(name, name, None, f"{dataset}/{name}/anat/{name}_T1w.nii.gz")
            for name in participant_ids(config["simulation"]["n_scans"])
        ]
        labels = config["cohort"]["labels"]
        sizes = {labels["disease"]: len(scans) // 2, labels["control"]: len(scans) - len(scans) // 2}
    else:
        dataset = str(Path(config["input"]))
        cohort = read_dataset(dataset, config["cohort"]["labels"], config["cohort"]["covariates"])
        sizes = cohort.participants["group"].value_counts().to_dict()
        scans = cohort.scans
    _check_folds(sizes, config)
    return Plan(
        scans={scan.scan_id: scan for scan in scans},
        batches=_batches(scans, config["preprocess"]["scans_per_job"]),
        simulation_batches=_batches(scans, config["simulation"]["scans_per_job"]) if simulated else {},
        dataset=dataset,
        maps=[*config["relevance"]["methods"], *SVM_MAPS, "vbm_t", *INPUT_MAPS, "untrained"],
        references=["meta_analysis", "truth"] if simulated else ["meta_analysis"],
    )


def _check_folds(sizes: dict[str, int], config: dict) -> None:
    """Too few scans for the folds are better known now than after hours of preprocessing."""
    folds, labels = config["classify"]["folds"], config["cohort"]["labels"]
    for group in (labels["disease"], labels["control"]):
        if sizes.get(group, 0) < folds:
            raise UserError(
                f"config: classify.folds is {folds}, but group {group} has {sizes.get(group, 0)} scan(s); "
                "set it to the smaller group's number or less"
            )


def _batches(scans: list[Scan], size: int) -> dict[str, list[Scan]]:
    return {str(start // size + 1): scans[start : start + size] for start in range(0, len(scans), size)}
