"""The door through which the overlap stage resamples: which files are read, in which order, and what comes out."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from relmaps.catalogue.maps import MODEL_FREE, TISSUE_MAPS
from relmaps.classify.gram import gram_matrix
from relmaps.io.errors import UserError
from relmaps.io.images import write_map
from relmaps.io.tables import write_table
from relmaps.relevance.group import open_group_map

LABELS = np.array([0, 1] * 6)


def write_heatmaps(stem, maps, tested, fold, model):
    """Maps of two targets, the second turned round; networks that were not chosen keep none."""
    amplitude, l1 = np.abs(maps).max(axis=1), np.abs(maps).sum(axis=1)
    chosen = (model, fold) in (("small", "1"), ("A24", "2"))
    stored = np.array([maps, -maps]) / amplitude[:, None] if chosen else np.empty((2, 0, maps.shape[1]))
    np.save(stem.with_suffix(".npy"), stored.astype(np.float16))
    known = {"participant_id": tested, "label": 1, "fold": fold, "model": model, "amplitude": amplitude, "l1": l1}
    known |= {"score": 1.0, "completeness_error": np.linspace(0, 0.1, len(maps))}
    write_table(pd.concat([pd.DataFrame(known | {"target": name}) for name in TARGETS]), stem.with_suffix(".tsv"))


TARGETS = ("true_class", "disease")


@pytest.fixture
def study(tmp_path, grid, brain, rng):
    """Files of a study of 12 subjects in 2 folds with two architectures; `open(name)` opens a map of it."""
    people = [f"sub-{n:02d}" for n in range(12)]
    subjects = pd.DataFrame({"participant_id": people, "label": LABELS, "age": rng.normal(70, 5, 12)})
    write_table(subjects.assign(sex=["f", "m", "m", "f"] * 3, tiv_ml=np.nan), tmp_path / "subjects.tsv")
    write_map(brain, tmp_path / "mask.nii.gz", grid, dtype=np.uint8)
    write_map(rng.random(grid.shape), tmp_path / "gm.nii.gz", grid)
    images = rng.normal(5, 1, size=(12, *grid.shape)).astype(np.float32)
    images[LABELS == 1] -= 2
    np.save(tmp_path / "array.npy", images * brain)
    np.save(tmp_path / "gram.npy", gram_matrix(images * brain))
    write_table(pd.DataFrame({"fold": ["2", "1"], "c": [0.1, 1]}), tmp_path / "linear_folds.tsv")
    roles = [
        (str(fold), person, "test" if (n < 6) == (fold == 1) else "validation" if n % 6 < 2 else "train")
        for fold in (1, 2)
        for n, person in enumerate(people)
    ]
    write_table(pd.DataFrame(roles, columns=["fold", "participant_id", "role"]), tmp_path / "splits.tsv")
    # Fold 2 stands first, and other models are chosen in the two folds.
    chosen = [("2", "A24", 0, "true"), ("1", "small", 0, "true"), ("1", "A24", 0, "false"), ("2", "small", 0, "false")]
    write_table(pd.DataFrame(chosen, columns=["fold", "model", "seed", "chosen"]), tmp_path / "selection.tsv")
    write_map(rng.random(grid.shape), tmp_path / "truth.nii.gz", grid)
    scores = [
        (model, fold, seed, person, "test", rng.normal() + 2 * label)
        for model in ("A24", "small", "svm")
        for fold, tested in (("1", range(6)), ("2", range(6, 12)))
        for seed in (0, 1)
        for person, label in [(people[n], LABELS[n]) for n in tested]
    ]
    columns = ["model", "fold", "seed", "participant_id", "role", "score"]
    write_table(pd.DataFrame(scores, columns=columns), tmp_path / "predictions.tsv")
    maps, heat = [], {}
    for model in ("A24", "small"):
        for fold in ("1", "2"):
            tested = (people[:6] if fold == "1" else people[6:])[::-1]
            heat[model, fold] = rng.normal(size=(6, brain.sum())).astype(np.float32)
            write_heatmaps(tmp_path / f"{model}_{fold}", heat[model, fold], tested, fold, model)
            maps.append(tmp_path / f"{model}_{fold}.npy")

    def open_map(name, **changes):
        files = {key: tmp_path / f"{key}.tsv" for key in ("subjects", "splits", "selection", "linear_folds")}
        files |= {"brain_mask": tmp_path / "mask.nii.gz", "array": tmp_path / "array.npy"}
        files |= {"gram": tmp_path / "gram.npy", "predictions": tmp_path / "predictions.tsv"}
        files |= {"truth": tmp_path / "truth.nii.gz"}
        files |= {"template_gm": tmp_path / "gm.nii.gz", "subject_maps": maps}
        files |= {"subject_tables": [path.with_suffix(".tsv") for path in maps], "feature": "gm_modulated"}
        settings = {"space": grid.space, "pooling": "class_means", "normalisation": "none"}
        return open_group_map(name, **files | settings | changes)

    open_map.heat, open_map.images = heat, images
    return open_map


LINEAR = ["svm_weights", "svm_pattern", "logistic_weights", "logistic_pattern"]
NAMES = ["integrated_gradients", *LINEAR, "cnn_pattern", *MODEL_FREE, "oracle"]


@pytest.mark.parametrize("name", NAMES)
def test_maps_of_draws(study, brain, rng, name):
    group_map = study(name)
    draws = np.zeros((3, 12))
    draws[:2] = 1
    draws[2] = [2, 1, 0, 1, 1, 1, 1, 2, 0, 0, 2, 1]
    maps = group_map(draws)
    assert maps.shape == (3, brain.sum())
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()
    published = group_map.published()
    np.testing.assert_allclose(maps[0], published, rtol=1e-4, atol=1e-5 * np.abs(published).max())
    np.testing.assert_array_equal(published, study(name).published())
    assert np.allclose(maps[2], published) is not group_map.subject_based
    assert group_map.subject_based is (name not in ("gm_probability", "hippocampus_distance", "oracle"))


def test_heatmaps_of_the_chosen_network_go_to_their_subjects(study):
    """Subject 3's map is read from its row in the file of fold 1's network."""
    draw = np.ones((1, 12))
    draw[0, [1, 3, 5]] = 0, 3, 0
    group_map = study("integrated_gradients")
    small, large = study.heat["small", "1"][::-1], study.heat["A24", "2"]
    fold_1 = (small[[0, 2, 4]].mean(axis=0) + small[3]) / 2
    np.testing.assert_allclose(group_map(draw)[0], (fold_1 + large.mean(axis=0)) / 2, atol=2e-3)
    assert group_map.model == ["small", "A24"]
    other = study("integrated_gradients", target="disease")
    np.testing.assert_allclose(other(draw), -group_map(draw), rtol=1e-3, atol=1e-6)
    with pytest.raises(UserError, match="holds no maps of target logit_difference"):
        study("integrated_gradients", target="logit_difference")


@pytest.mark.parametrize("name", [*LINEAR, "cnn_pattern", *TISSUE_MAPS])
def test_positive_where_disease_has_less(study, name):
    assert study(name).published().mean() > 0


def test_features_are_those_of_the_brain_in_c_order(study, brain):
    np.testing.assert_allclose(study("mean_t1").published(), study.images.mean(axis=0)[brain], rtol=1e-5)


def test_sidecar_names_what_stands_in_the_map(study):
    lrp = study("lrp")
    sidecar = lrp.sidecar(lrp.published())
    keys = ["map", "polarity", "target", "pooling", "normalisation", "units", "subjects", "model", "feature"]
    assert list(sidecar) == [*keys, "completeness_error"]
    assert sidecar["completeness_error"] == {"median": 0.05, "largest": 0.1}
    assert sidecar["subjects"] == 12
    template = study("gm_probability")
    assert template.sidecar(template.published())["subjects"] == 0


@pytest.mark.parametrize("name", LINEAR)
def test_sidecar_of_a_pattern_says_how_far_it_is_the_difference_of_class_means(study, brain, name):
    group_map = study(name)
    published = group_map.published()
    sidecar = group_map.sidecar(published)
    assert sidecar["model"] == [name.partition("_")[0]]
    assert ("correlation_with_class_mean_difference" in sidecar) is name.endswith("_pattern")
    if name.endswith("_pattern"):
        images = study.images[:, brain].astype(float)
        difference = images[LABELS == 0].mean(axis=0) - images[LABELS == 1].mean(axis=0)
        a, b = published - published.mean(), difference - difference.mean()
        r = a @ b / np.sqrt((a @ a) * (b @ b))
        assert sidecar["correlation_with_class_mean_difference"] == pytest.approx(r, abs=1e-4)
        assert r > 0.5


def test_the_pattern_of_the_networks_is_made_again_for_each_draw(study, brain, tmp_path):
    """Each fold: covariance of the images with the standardised mean logit of its chosen network, in the test part."""
    group_map = study("cnn_pattern")
    assert group_map.model == ["small", "A24"]
    table = pd.read_csv(tmp_path / "predictions.tsv", sep="\t", dtype={"fold": str})
    draw = np.array([2, 1, 0, 1, 1, 1, 1, 2, 0, 1, 2, 0])
    for counts in (np.ones(12, int), draw):
        folds = []
        for fold, model, tested in (("1", "small", range(6)), ("2", "A24", range(6, 12))):
            own = table[(table["fold"] == fold) & (table["model"] == model)]
            logits = [own.loc[own["participant_id"] == f"sub-{n:02d}", "score"].mean() for n in tested]
            rows = [n for n in tested for _ in range(counts[n])]
            z = np.array([logits[n - tested[0]] for n in rows])
            z = (z - z.mean()) / z.std()
            images = study.images[rows][:, brain].astype(float)
            folds.append(-np.mean([value * image for value, image in zip(z, images, strict=True)], axis=0))
        np.testing.assert_allclose(group_map(counts[None])[0], np.mean(folds, axis=0), atol=1e-4)
    sidecar = group_map.sidecar(group_map.published())
    assert sidecar["correlation_with_class_mean_difference"] > 0.3
    assert sidecar["feature"] == "gm_modulated"


def test_the_ceiling_is_smoothed_as_it_is_asked(study):
    sharp, smooth = (study("oracle", smoothing_mm=mm).published() for mm in (0, 12))
    assert smooth.std() < 0.5 * sharp.std()
    assert study("oracle").sidecar(sharp)["subjects"] == 0


def test_finished_models_are_applied_without_a_fit(study, brain, grid, rng, tmp_path):
    people = [f"sub-{n:02d}" for n in range(12)]
    scores = rng.normal(size=(2, 12)) + LABELS
    tables = [
        pd.DataFrame({"model": "logistic", "fold": fold, "participant_id": people[::-1], "score": of_fold[::-1]})
        for fold, of_fold in zip(("1", "2"), scores, strict=True)
    ]
    write_table(pd.concat(tables), tmp_path / "applied.tsv")
    files = dict.fromkeys(("splits", "gram", "linear_folds"))
    pattern = study("logistic_pattern", external_scores=tmp_path / "applied.tsv", **files)
    images = study.images[:, brain].astype(float)
    literal = [-np.cov(images.T, fold)[-1, :-1] / np.var(fold, ddof=1) for fold in scores]
    published = pattern.published()
    np.testing.assert_allclose(published, np.mean(literal, axis=0), atol=1e-4)
    assert pattern.subject_based
    assert "finished" in pattern.semantics.pooling
    assert "correlation_with_class_mean_difference" in pattern.sidecar(published)
    volumes = rng.normal(size=(2, *grid.shape)).astype(np.float32)
    maps = [tmp_path / f"fold-{fold}.nii.gz" for fold in (1, 2)]
    for path, volume in zip(maps, volumes, strict=True):
        write_map(volume, path, grid)
    weights = study("svm_weights", external_weights=maps, array=None, **files)
    np.testing.assert_allclose(weights.published(), volumes.mean(axis=0)[brain], atol=1e-6)
    assert not weights.subject_based
    assert weights.sidecar(weights.published())["subjects"] == 0


def test_a_map_from_elsewhere_has_one_value_whatever_is_drawn(study, brain, grid, rng, tmp_path):
    theirs = rng.normal(size=grid.shape).astype(np.float32)
    write_map(theirs, tmp_path / "theirs.nii.gz", grid)
    group_map = study("theirs", external=tmp_path / "theirs.nii.gz", feature="n/a")
    assert not group_map.subject_based
    np.testing.assert_array_equal(group_map(np.ones((2, 12)))[1], theirs[brain])


def test_wrong_sizes_are_told(study, tmp_path):
    with pytest.raises(ValueError, match="do not fit 12 subjects"):
        study("mean_t1")(np.ones((2, 11)))
    np.save(tmp_path / "short.npy", study.images[:5])
    with pytest.raises(UserError, match=r"short\.npy: shape .* does not fit 12 subjects"):
        study("mean_t1", array=tmp_path / "short.npy")


def test_imports_no_torch():
    code = "import sys, relmaps.relevance.group; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
