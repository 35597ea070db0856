"""What the jobs that make and preprocess scans read: input functions of the rules of cohort and preprocess."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from relmaps.cohort.cohort import Scan
from relmaps.study.plan import Plan


@dataclass(frozen=True)
class Batches:
    """Files and values of a job, by the number of its batch. Rows are looked up, tables never scanned.

    Parameters
    ----------
    results : folder of the study.
    plan : which scans each job converts, gives the disease, preprocesses and pictures.
    """

    results: str
    plan: Plan

    def dataset(self, wildcards) -> list[str]:
        """The source's tables and scans; those of a simulated one are made by the simulation's jobs."""
        made = [f"{self.results}/cohort/simulated/batch-{batch}.tsv" for batch in self.plan.simulation_batches]
        return [*self.plan.tables, *(made or (scan.path for scan in self.plan.scans.values()))]

    def simulated_scans(self, wildcards) -> dict[str, tuple[int, str]]:
        """Position in the cohort and path of the scans that one simulation job makes; the position seeds the scan."""
        positions = {scan_id: number for number, scan_id in enumerate(self.plan.scans)}
        scans = self.plan.simulation_batches[wildcards.batch]
        return {scan.participant_id: (positions[scan.scan_id], scan.path) for scan in scans}

    def dicom_folders(self, wildcards) -> list[str]:
        return [scan.path for scan in self.plan.conversions[wildcards.batch]]

    def conversions(self, wildcards) -> list[list[str]]:
        """scan_id, folder of DICOM files and the NIfTI file to make."""
        return [
            [scan.scan_id, scan.path, f"{self.results}/cohort/converted/{scan.scan_id}_T1w.nii.gz"]
            for scan in self.plan.conversions[wildcards.batch]
        ]

    def atrophy_inputs(self, wildcards) -> dict[str, list[str]]:
        scans = self.plan.atrophied[wildcards.batch]
        return self._files_or_makers(scans, wildcards.batch, [(self.plan.conversions, "converted")])

    def atrophied(self, wildcards) -> list[list]:
        """Scan and the file to make."""
        return [
            [list(astuple(scan)), f"{self.results}/cohort/synthetic_atrophy/{scan.scan_id}_T1w.nii.gz"]
            for scan in self.plan.atrophied[wildcards.batch]
        ]

    def raw_scan_inputs(self, wildcards) -> dict[str, list[str]]:
        """The raw files of a batch, or the jobs that make them."""
        if self.plan.simulation_batches:
            batches = self.plan.simulated_with(wildcards.batch)
            made = [f"{self.results}/cohort/simulated/batch-{batch}.tsv" for batch in batches]
            return {"scans": made, "prepared": []}
        steps = [(self.plan.conversions, "converted"), (self.plan.atrophied, "synthetic_atrophy")]
        return self._files_or_makers(self.plan.batches[wildcards.batch], wildcards.batch, steps)

    def raw_scans(self, wildcards) -> list[list]:
        return [list(astuple(scan)) for scan in self.plan.batches[wildcards.batch]]

    def pictured_rows(self, wildcards) -> list[str]:
        return [f"{self.results}/preprocess/qc/batch-{batch}.tsv" for batch in self.plan.pictures[wildcards.batch]]

    def _files_or_makers(
        self, scans: Iterable[Scan], batch: str, steps: list[tuple[dict[str, list[Scan]], str]]
    ) -> dict[str, list[str]]:
        """Paths of scans; instead of those that a step before makes, the tables of the jobs that make them.

        A job cannot declare the scans it makes, since it must end well without a scan that is bad.
        """
        made = {scan.scan_id for planned, _ in steps for scan in planned.get(batch, [])}
        tables = [f"{self.results}/cohort/{name}/batch-{batch}.tsv" for planned, name in steps if batch in planned]
        return {"scans": [scan.path for scan in scans if scan.scan_id not in made], "prepared": tables}
