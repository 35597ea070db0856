"""A results folder as the stages before the figures leave it, with made-up numbers and without running any of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from relmaps.files import write_json
from relmaps.images import Grid, write_map
from relmaps.tables import write_table

HEATMAPS = ["lrp", "integrated_gradients", "guided_gradcam"]
MAPS = [*HEATMAPS, "svm_pattern", "svm_weights", "vbm_t", "mean_t1", "gm_probability", "t1_edges", "untrained"]
SKILL = dict(zip(MAPS, [0.72, 0.78, 0.66, 0.86, 0.74, 0.88, 0.69, 0.75, 0.58, 0.67], strict=True))


@dataclass
class SyntheticStudy:
    """folder : results folder. grid, brain : the study's. references : name -> voxels of its mask (may be 0)."""

    folder: Path
    grid: Grid
    brain: np.ndarray
    n_scans: int = 8
    folds: int = 2
    references: tuple[str, ...] = ("meta_analysis", "truth")
    empty_mask: bool = False
    seed: int = 0

    def write(self) -> "SyntheticStudy":
        self.rng = np.random.default_rng(self.seed)
        self._write_cohort()
        self._write_performance()
        self._write_images()
        self._write_overlap()
        return self

    def path(self, name: str) -> Path:
        return self.folder / name

    def map_paths(self) -> list[Path]:
        return [self.path(f"relevance/{name}/group.nii.gz") for name in MAPS]

    def reference_paths(self, name: str) -> list[Path]:
        return [self.path(f"reference/{reference}/{name}") for reference in self.references]

    def _write_cohort(self) -> None:
        n, rng = self.n_scans, self.rng
        ids = [f"sub-{n:03d}" for n in range(1, n + 1)]
        label = np.arange(n) % 2
        age = np.round(rng.normal(72 + 2 * label, 7), 1)
        age[0] = np.nan
        participants = pd.DataFrame(
            {"participant_id": ids, "group": np.where(label, "AD", "CN"), "label": label, "age": age, "sex": "f"}
        ).assign(site="1")
        scans = pd.DataFrame(
            {
                "scan_id": ids[1:],
                "participant_id": ids[1:],
                "session_id": np.nan,
                "path": [f"/home/someone/bids/{subject}/anat/{subject}_T1w.nii.gz" for subject in ids[1:]],
                "sha256": [f"{n:064x}" for n in range(1, n)],
            }
        )
        exclusions = pd.DataFrame(
            {
                "scan_id": [ids[0], ids[1]],
                "participant_id": [ids[0], ids[1]],
                "stage": ["cohort", "preprocess"],
                "reason": [
                    f"/home/someone/bids/{ids[0]}/anat/{ids[0]}_T1w.nii.gz: empty, every voxel is 0; convert it again",
                    "similarity 0.41 to the template is below 0.6: registration failed",
                ],
            }
        )
        similarity = rng.normal(0.95, 0.01, n - 1).clip(0.7, 1)
        similarity[0] = 0.41
        qc = pd.DataFrame({"scan_id": ids[1:], "participant_id": ids[1:], "status": "ok", "similarity": similarity})
        qc["brain_dice"] = rng.normal(0.987, 0.002, n - 1)
        qc["gm_dice"] = rng.normal(0.84, 0.02, n - 1)
        for tissue, ml in {"gm_ml": 650, "wm_ml": 520, "csf_ml": 330, "tiv_ml": 1500}.items():
            qc[tissue] = rng.normal(ml, ml / 15, n - 1)
        qc["noise"] = np.linspace(0.03, 0.05, n - 1)
        qc["flags"] = np.where(np.arange(n - 1) == 1, "noise high", None)
        qc["content"] = [f"{n:016x}" for n in range(1, n)]
        qc = qc.assign(
            skull_stripped="no", wm_cv_raw=0.16, wm_cv=qc["noise"] + 0.03, jacobian_min=0.4, jacobian_max=2.1
        )
        qc = qc.assign(cpu_seconds=3.9, seconds=4.0, reason=np.nan)
        used = participants[2:].assign(scan_id=ids[2:], tiv_ml=qc.tiv_ml.to_numpy()[1:])
        for table, name, schema in [
            (participants, "cohort/participants.tsv", "participants"),
            (scans, "cohort/scans.tsv", "scans"),
            (exclusions, "cohort/exclusions.tsv", "exclusions"),
            (qc, "preprocess/qc.tsv", "qc"),
            (used.drop(columns="group"), "preprocess/subjects.tsv", "subjects"),
        ]:
            write_table(table, self.path(name), schema)

    def _write_performance(self) -> None:
        rows = []
        for model, level in {"svm": 0.85, "small": 0.79, "selected": 0.79}.items():
            feature = "gm_modulated"
            for metric in ("balanced_accuracy", "roc_auc", "sensitivity", "specificity"):
                value = level + 0.08 * (metric == "roc_auc")
                for fold in range(1, self.folds + 1):
                    noisy = float(np.clip(value + self.rng.normal(0, 0.06), 0, 1))
                    rows.append((model, feature, str(fold), "0", metric, noisy, np.nan, np.nan))
                rows.append((model, feature, "all", "all", metric, value, value - 0.09, value + 0.07))
        columns = ["model", "feature", "fold", "seed", "metric", "value", "ci_low", "ci_high"]
        write_table(pd.DataFrame(rows, columns=columns), self.path("classify/performance.tsv"), "performance")
        chosen = pd.DataFrame({"fold": [str(fold) for fold in range(1, self.folds + 1)], "model": "small", "seed": 0})
        write_table(chosen.assign(validation_loss=0.5, chosen="true"), self.path("classify/selection.tsv"))

    def _write_images(self) -> None:
        grid, brain = self.grid, self.brain
        x, y, z = np.abs(grid.coordinates() - np.array([0, -18, 8])[:, None, None, None])
        middle = gaussian_filter(brain.astype(float), 1) * brain
        blob = np.exp(-(((x - 26) / 14) ** 2 + (y / 18) ** 2 + ((z - 20) / 12) ** 2)) * brain
        template = {"T1w": middle, "GM_probseg": middle, "brain_mask": brain, "gm_mask": middle > 0.5}
        for name, data in template.items():
            write_map(data, self.path(f"preprocess/template/{grid.space}_{name}.nii.gz"), grid)
        for name in MAPS:
            noise = gaussian_filter(self.rng.normal(size=grid.shape), 1.2) * 3
            data = (
                middle if name in ("mean_t1", "gm_probability", "t1_edges") else SKILL[name] * blob + 0.3 * noise
            ) * brain
            units = {"vbm_t": "t", "gm_probability": "probability"}.get(name, "1e-6 of the total")
            sidecar = {"map": name, "polarity": "positive = evidence", "units": units, "subjects": self.n_scans - 2}
            write_map(data, self.path(f"relevance/{name}/group.nii.gz"), grid, sidecar)
        for reference in self.references:
            mask = blob > (2 if self.empty_mask else 0.4)
            folder = f"reference/{reference}"
            write_map(blob, self.path(f"{folder}/map.nii.gz"), grid)
            write_map(mask, self.path(f"{folder}/mask.nii.gz"), grid, dtype=np.uint8)
            about = {
                "kind": reference,
                "source": "literature.txt",
                "space": grid.space,
                "units": "ALE",
                "threshold": 0.4,
            }
            about |= {"mask_voxels": int(mask.sum()), "n_studies": 77, "n_foci": None, "note": ""}
            write_json(about, self.path(f"{folder}/reference.json"))

    def _write_overlap(self) -> None:
        score_rows, pair_rows, curve_rows, kept = [], [], [], np.linspace(0, 1, 31) ** 2
        for reference in self.references:
            for name in MAPS:
                fixed = name == "gm_probability"
                for sign, mask, mm in [("abs", "brain", 8.0), ("abs", "gm", 8.0), ("signed", "brain", 0.0)]:
                    for metric, at in {
                        "roc_auc": 0,
                        "average_precision": -0.4,
                        "dice": -0.45,
                        "dice_max": -0.4,
                    }.items():
                        value = np.nan if self.empty_mask else SKILL[name] + at - 0.03 * (mask == "gm")
                        headline = (sign, mask, mm) == ("abs", "brain", 8.0)
                        half = np.nan if fixed or not headline else 0.03
                        score_rows.append(
                            {"map": name, "model": "selected", "feature": "gm_modulated", "fold": "all"}
                            | {"reference": reference, "reference_kind": reference, "threshold": 0.4, "mask": mask}
                            | {"sign": sign, "smoothing_mm": mm, "metric": metric, "headline": str(headline).lower()}
                            | {"value": value, "ci_low": value - half, "ci_high": value + half}
                            | {"null_p_spatial": np.nan, "null_p_labels": np.nan}
                        )
                rate = kept ** (1 / SKILL[name] - 0.6)
                for fraction, hit in zip(kept, rate, strict=True) if not self.empty_mask else ():
                    dice = 2 * hit * 0.05 / (fraction + 0.05)
                    curve_rows.append((name, reference, fraction, dice, fraction, hit))
            for a, b in [("lrp", "gm_probability"), ("svm_pattern", "lrp")]:
                difference = np.nan if self.empty_mask else SKILL[a] - SKILL[b]
                pair_rows.append(
                    {
                        "map_a": a,
                        "map_b": b,
                        "reference": reference,
                        "metric": "roc_auc",
                        "mask": "brain",
                        "sign": "abs",
                    }
                    | {"smoothing_mm": 8.0, "headline": "true", "test": "paired_bootstrap", "difference": difference}
                    | {"ci_low": difference - 0.02, "ci_high": difference + 0.02}
                    | {"p": 0.01, "p_resampled": np.nan, "p_holm": 0.02}
                )
        write_table(pd.DataFrame(score_rows), self.path("overlap/scores.tsv"), "scores")
        write_table(pd.DataFrame(pair_rows), self.path("overlap/comparisons.tsv"), "comparisons")
        columns = ["map", "reference", "fraction_kept", "dice", "false_positive_rate", "true_positive_rate"]
        write_table(pd.DataFrame(curve_rows, columns=columns), self.path("overlap/curves.tsv"))
        truth = "truth" in self.references and not self.empty_mask
        judged = [name for name in MAPS if name not in ("mean_t1", "gm_probability", "t1_edges", "untrained")]
        recovery = pd.DataFrame({"map": judged, "auc": [SKILL[name] if truth else np.nan for name in judged]})
        recovery["ci_low"], recovery["ci_high"] = recovery["auc"] - 0.03, recovery["auc"] + 0.03
        recovery["worst_baseline"] = "gm_probability" if truth else np.nan
        recovery["difference"] = recovery["auc"] - 0.75
        recovery["difference_ci_low"] = recovery["difference"] - 0.02
        recovery["difference_ci_high"] = recovery["difference"] + 0.02
        recovery["recovered"] = np.where(recovery["auc"] > 0.77, "true", "false") if truth else np.nan
        write_table(recovery, self.path("overlap/recovery.tsv"))
