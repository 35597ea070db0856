"""A results folder as the stages before the figures leave it, with made-up numbers and without running any of them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save_file
from scipy.ndimage import gaussian_filter

from relmaps.io.files import write_json
from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from relmaps.space.grid import Grid

KINDS = {"meta_analysis": "meta_analysis", "truth": "ground_truth"}
HEATMAPS = ["lrp", "integrated_gradients", "guided_gradcam"]
BASELINES = ["mean_t1", "gm_probability", "t1_edges", "hippocampus_distance", "untrained"]
MAPS = [*HEATMAPS, "svm_pattern", "svm_weights", "vbm_t", *BASELINES]
SKILL = dict(zip(MAPS, [0.72, 0.78, 0.66, 0.86, 0.74, 0.88, 0.69, 0.75, 0.58, 0.73, 0.67], strict=True))
MODELS = {"svm": 0.85, "small": 0.79, "selected": 0.79, "svm_binarised": 0.62, "covariates": 0.55}


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
        self._write_classify()
        self._write_images()
        self._write_overlap()
        return self

    def path(self, name: str) -> Path:
        return self.folder / name

    def map_paths(self) -> list[Path]:
        return [self.path(f"relevance/{name}/group.nii.gz") for name in MAPS]

    def published(self) -> dict[str, Path]:
        """The tables that tables and report are made from, by name."""
        folders = {"participants": "cohort", "subjects": "preprocess", "qc": "preprocess"}
        folders |= dict.fromkeys(("performance", "model_comparisons", "variability"), "classify")
        folders |= dict.fromkeys(("scores", "comparisons", "recovery", "regions"), "overlap")
        return {name: self.path(f"{folder}/{name}.tsv") for name, folder in folders.items()}

    def sidecars(self) -> dict[str, Path]:
        return {name: self.path(f"relevance/{name}/group.json") for name in MAPS}

    def references_sidecars(self) -> dict[str, Path]:
        return dict(zip(self.references, self.reference_paths("reference.json"), strict=True))

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
                    "registration failed: similarity to the template 0.41 is below 0.6",
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
            method="network",
            method_reason=None,
            brain_agreement=0.94,
            cut_share=0.0,
            wm_cv_raw=0.16,
            wm_cv=qc["noise"] + 0.03,
            jacobian_min=0.4,
            jacobian_max=2.1,
        )
        qc = qc.assign(cpu_seconds=3.9, seconds=4.0, reason=np.nan)
        used = participants[2:].assign(scan_id=ids[2:], tiv_ml=qc.tiv_ml.to_numpy()[1:])
        for table, name, schema in [
            (participants, "cohort/participants.tsv", "participants"),
            (scans, "cohort/scans.tsv", "scans"),
            (exclusions, "cohort/exclusions.tsv", "exclusions"),
            (pd.DataFrame({"stage": [], "note": []}), "cohort/notes.tsv", "notes"),
            (qc, "preprocess/qc.tsv", "qc"),
            (used.drop(columns="group"), "preprocess/subjects.tsv", "subjects"),
        ]:
            write_table(table, self.path(name), schema)

    def _write_performance(self) -> None:
        rows = []
        for model, level in MODELS.items():
            feature = "gm_modulated"
            for metric in ("balanced_accuracy", "roc_auc", "sensitivity", "specificity"):
                value = level + 0.08 * (metric == "roc_auc")
                for fold in self.fold_names:
                    noisy = float(np.clip(value + self.rng.normal(0, 0.06), 0, 1))
                    rows.append((model, feature, fold, "0", metric, noisy, np.nan, np.nan))
                rows.append((model, feature, "all", "all", metric, value, value - 0.09, value + 0.07))
            errors = {"brier": 0.5 - 0.4 * level, "calibration_in_the_large": 0.02, "calibration_error": 0.11}
            for metric, value in errors.items():
                rows += [(model, feature, fold, "0", metric, value, np.nan, np.nan) for fold in self.fold_names]
                rows.append((model, feature, "all", "all", metric, value, value - 0.03, value + 0.04))
        columns = ["model", "feature", "fold", "seed", "metric", "value", "ci_low", "ci_high"]
        write_table(pd.DataFrame(rows, columns=columns), self.path("classify/performance.tsv"), "performance")

    def _write_classify(self) -> None:
        """Splits, selection, history of each training, reliability, variability and comparisons."""
        chosen = pd.DataFrame({"fold": self.fold_names, "model": "small", "seed": 0})
        write_table(chosen.assign(validation_loss=0.5, chosen="true"), self.path("classify/selection.tsv"))
        people = read_table(self.path("preprocess/subjects.tsv"))[["participant_id", "label"]]
        roles = [np.roll(["train", "train", "train", "validation", "test", "test"], fold) for fold in range(self.folds)]
        splits = [
            people.assign(fold=fold, role=np.resize(role, len(people)))
            for fold, role in zip(self.fold_names, roles, strict=True)
        ]
        write_table(pd.concat(splits), self.path("classify/splits.tsv"), "splits")
        epoch = np.arange(1, 16)
        for number, path in enumerate(self.histories().values()):
            loss = 0.45 - 0.03 * number + 0.5 * np.exp(-epoch / 3) + 0.006 * epoch
            history = pd.DataFrame({"epoch": epoch, "learning_rate": 0.001, "train_loss": 0.8 * np.exp(-epoch / 6)})
            history = history.assign(validation_loss=loss, validation_balanced_accuracy=0.8)
            write_table(history.assign(kept=np.where(loss == loss.min(), "true", "false")), path)
        share = np.array([0.1, 0.2, 0.55, 0.7, 0.95])
        bins = pd.DataFrame({"bin": range(1, 6), "n": 16, "mean_probability": [0.05, 0.24, 0.5, 0.75, 0.97]})
        bins = bins.assign(observed=share, ci_low=(share - 0.2).clip(0), ci_high=(share + 0.2).clip(max=1))
        pair = {"model_a": "selected", "model_b": "svm", "n": 80, "only_a_right": 4, "only_b_right": 9}
        pair |= {"difference": -0.06, "ci_low": -0.14, "ci_high": 0.02, "p": 0.27, "p_holm": 0.54}
        write_table(pd.DataFrame([pair]), self.path("classify/model_comparisons.tsv"), "model_comparisons")
        spread = {"model": "svm", "metric": "roc_auc", "sd_folds": 0.04, "sd_seeds": np.nan, "n_folds": 5, "n_seeds": 1}
        write_table(pd.DataFrame([spread]), self.path("classify/variability.tsv"), "variability")
        reliability = pd.concat([bins.assign(model=model) for model in ("svm", "logistic", "selected")])
        write_table(reliability, self.path("classify/calibration.tsv"), "calibration")
        rows = [(model, metric) for model in MODELS for metric in ("balanced_accuracy", "roc_auc")]
        spread = pd.DataFrame(rows, columns=["model", "metric"])
        spread = spread.assign(sd_folds=0.06, sd_seeds=np.nan, n_folds=self.folds, n_seeds=1)
        write_table(spread, self.path("classify/variability.tsv"), "variability")
        pairs = pd.DataFrame({"model_a": ["selected", "selected", "svm"], "model_b": ["svm", *["covariates"] * 2]})
        pairs = pairs.assign(n=len(people), only_a_right=[2, 3, 4], only_b_right=[3, 0, 0])
        pairs = pairs.assign(difference=[-0.06, 0.24, 0.3], ci_low=[-0.2, 0.1, 0.2], ci_high=[0.1, 0.4, 0.45])
        pairs = pairs.assign(p=[1.0, 0.25, 0.125], p_holm=[1.0, 0.5, 0.375])
        write_table(pairs, self.path("classify/model_comparisons.tsv"), "model_comparisons")

    @property
    def fold_names(self) -> list[str]:
        return [str(fold) for fold in range(1, self.folds + 1)]

    def histories(self) -> dict[tuple[str, str, int], Path]:
        folder = self.path("classify/cnn/small")
        return {("small", fold, 0): folder / f"fold-{fold}_seed-0_history.tsv" for fold in self.fold_names}

    def write_weights(self) -> list[Path]:
        """A file for each fold, of a network that has one layer."""
        tensors = {"network.layers.0.weight": (4, 1, 3, 3, 3), "network.layers.0.bias": (4,)}
        tensors |= {"network.layers.1.running_mean": (4,), "scaling.mean": (25, 30, 24), "scaling.scale": (25, 30, 24)}
        known = {"model": "small", "architecture": "small", "feature": "gm_modulated", "grid_shape": [25, 30, 24]}
        paths = [self.path(f"classify/cnn/small/fold-{fold}_seed-0.safetensors") for fold in self.fold_names]
        for fold, path in zip(self.fold_names, paths, strict=True):
            content = {name: np.zeros(shape, np.float32) for name, shape in tensors.items()}
            about = {"relmaps": json.dumps(known | {"fold": fold, "seed": 0, "epoch": 5})}
            save_file(content, path, metadata=about)
        return paths

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
                "kind": KINDS[reference],
                "source": "literature.txt",
                "space": grid.space,
                "units": "ALE",
                "threshold": 0.4,
            }
            about |= {"mask_voxels": int(mask.sum()), "n_studies": 77, "n_foci": None, "note": ""}
            write_json(about, self.path(f"{folder}/reference.json"))

    def _write_variants(self) -> None:
        """Each heatmap under two poolings and two signs; LRP is best with one of the poolings."""
        rows = [
            {"map": name, "target": "true_class", "pooling": pooling, "normalisation": "none", "order": "mean_first"}
            | {"reference": reference, "mask": "brain", "sign": sign, "smoothing_mm": 8.0, "metric": "roc_auc"}
            | {"value": np.nan if self.empty_mask else SKILL[name] + 0.2 * (name == "lrp") * (pooling == "contrast")}
            for reference in self.references
            for name in HEATMAPS
            for pooling in ("all", "contrast")
            for sign in ("abs", "signed")
        ]
        write_table(pd.DataFrame(rows), self.path("overlap/variants.tsv"), "variants")

    def _write_regions(self) -> None:
        """A third of each reference and the skill of each map lie in the first region; and a score of each fold."""
        regions = [("hippocampus", 40, 0.1, 0.3), ("elsewhere", 360, 0.9, 0.7)]
        rows = [
            {"map": name, "reference": reference, "region": region, "n_voxels": n_voxels}
            | {"share_of_relevance": SKILL[name] if region == "hippocampus" else 1 - SKILL[name]}
            | {"share_expected": expected, "dice": np.nan if self.empty_mask else 0.4}
            | {"share_of_reference": np.nan if self.empty_mask else share}
            for reference in self.references
            for name in MAPS
            for region, n_voxels, expected, share in regions
        ]
        write_table(pd.DataFrame(rows), self.path("overlap/regions.tsv"), "regions")
        runs = [
            {"map": name, "model": "small", "fold": fold, "seed": 1, "reference": reference, "metric": "roc_auc"}
            | {"value": np.nan if self.empty_mask else SKILL[name] - 0.05 * int(fold)}
            for reference in self.references
            for name in (*HEATMAPS, "svm_pattern")
            for fold in self.fold_names
        ]
        write_table(pd.DataFrame(runs), self.path("overlap/retraining.tsv"), "retraining")

    def _write_overlap(self) -> None:
        score_rows, pair_rows, curve_rows, kept = [], [], [], np.linspace(0, 1, 31) ** 2
        for reference in self.references:
            for name in MAPS:
                fixed = name in ("gm_probability", "hippocampus_distance")
                for sign, mask, mm in [("abs", "brain", 8.0), ("abs", "gm", 8.0), ("signed", "brain", 0.0)]:
                    for metric, at in {
                        "roc_auc": 0,
                        "tissue_adjusted_auc": -0.1,
                        "average_precision": -0.4,
                        "dice": -0.45,
                        "dice_max": -0.4,
                    }.items():
                        value = np.nan if self.empty_mask else SKILL[name] + at - 0.03 * (mask == "gm")
                        primary = (sign, mask, mm) == ("abs", "brain", 8.0)
                        half = np.nan if fixed or not primary else 0.03
                        score_rows.append(
                            {"map": name, "model": "selected", "feature": "gm_modulated", "fold": "all"}
                            | {
                                "reference": reference,
                                "reference_kind": KINDS[reference],
                                "threshold": 0.4,
                                "mask": mask,
                            }
                            | {"sign": sign, "smoothing_mm": mm, "metric": metric, "primary": str(primary).lower()}
                            | {"value": value, "ci_low": value - half, "ci_high": value + half}
                            | {"null_p_spatial": 0.001, "null_p_labels": np.nan, "threshold_label": "fdr_0.05"}
                            | {
                                "retraining_sd": 0.04,
                                "reliability": 0.8,
                                "note": "no label permutations: no permutations",
                            }
                        )
                rate = kept ** (1 / SKILL[name] - 0.6)
                for fraction, hit in zip(kept, rate, strict=True) if not self.empty_mask else ():
                    dice = 2 * hit * 0.05 / (fraction + 0.05)
                    curve_rows.append((name, reference, fraction, dice, fraction, hit))
            for a, b, family in [
                ("lrp", "gm_probability", "heatmap_baseline"),
                ("lrp", "svm_pattern", "heatmap_linear"),
                ("svm_pattern", "gm_probability", None),
            ]:
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
                    | {"smoothing_mm": 8.0, "primary": "true", "test": "paired_bootstrap", "difference": difference}
                    | {"estimate": difference + 0.01, "ci_low": difference - 0.02, "ci_high": difference + 0.04}
                    | {"p": 0.01, "p_adjusted": 0.02 if family else np.nan, "family": family}
                )
        write_table(pd.DataFrame(score_rows), self.path("overlap/scores.tsv"), "scores")
        self._write_variants()
        self._write_regions()
        write_table(pd.DataFrame(pair_rows), self.path("overlap/comparisons.tsv"), "comparisons")
        columns = ["map", "reference", "fraction_kept", "dice", "false_positive_rate", "true_positive_rate"]
        write_table(pd.DataFrame(curve_rows, columns=columns), self.path("overlap/curves.tsv"))
        truth = "truth" in self.references and not self.empty_mask
        judged = [name for name in MAPS if name not in BASELINES]
        recovery = pd.DataFrame({"map": judged, "auc": [SKILL[name] if truth else np.nan for name in judged]})
        recovery["ci_low"], recovery["ci_high"] = recovery["auc"] - 0.03, recovery["auc"] + 0.03
        recovery["worst_baseline"] = "gm_probability" if truth else np.nan
        recovery["difference"] = recovery["auc"] - 0.75
        recovery["difference_ci_low"] = recovery["difference"] - 0.02
        recovery["difference_ci_high"] = recovery["difference"] + 0.02
        recovery["recovered"] = np.where(recovery["auc"] > 0.77, "true", "false") if truth else np.nan
        write_table(recovery, self.path("overlap/recovery.tsv"))
