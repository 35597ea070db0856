import pytest

from relmaps.catalogue.maps import MAPS
from relmaps.relevance.semantics import describe_map
from relmaps.relevance.targets import TARGETS


@pytest.mark.parametrize("name", MAPS)
def test_every_map_says_what_positive_means(name):
    meaning = describe_map(name, "gm_modulated", "class_means", "unit_l1")
    assert meaning.polarity.startswith("positive = ")
    assert all(meaning)
    assert "None" not in meaning.polarity


def test_tissue_maps_speak_of_their_feature():
    assert "less grey matter" in describe_map("svm_pattern", "gm_modulated", "all", "none").polarity
    assert "lower T1 signal" in describe_map("svm_pattern", "t1_syn", "all", "none").polarity


@pytest.mark.parametrize("kind", ["weights", "pattern"])
def test_linear_maps_speak_of_their_model(kind):
    svm, logistic = (describe_map(f"{model}_{kind}", "gm_modulated", "all", "none") for model in ("svm", "logistic"))
    assert svm.target == "decision value of the SVM"
    assert logistic.target == "logit of the logistic regression"
    assert "decision value" in svm.units
    assert "logit" in logistic.units
    assert "refitted" in svm.pooling
    applied = describe_map(f"svm_{kind}", "gm_modulated", "all", "none", applied=True)
    assert "refitted" not in applied.pooling


@pytest.mark.parametrize("target", TARGETS)
def test_contributions_say_what_heatmaps_do_of_the_output_of_their_model(target):
    svm = describe_map("svm_contribution", "gm_modulated", "class_means", "none", target)
    heatmap = describe_map("gradient_x_input", "gm_modulated", "class_means", "none", target)
    assert (svm.polarity, svm.pooling, svm.normalisation) == (heatmap.polarity, heatmap.pooling, heatmap.normalisation)
    assert svm.target.startswith("decision value of the SVM")
    assert ("negated for controls" in svm.target) is (target == "true_class")
    assert svm.units == "decision value per voxel"
    assert describe_map("logistic_contribution", "t1_syn", "all", "unit_l1").units.startswith("share of a subject's")


def test_the_pattern_of_the_networks_and_the_truth_say_what_positive_means():
    pattern = describe_map("cnn_pattern", "gm_modulated", "class_means", "unit_l1", "disease")
    assert pattern.polarity == "positive = less grey matter where the network sees disease"
    assert pattern.target == "logit of disease minus logit of control", "whatever heatmaps explain"
    assert pattern.units.endswith("units of the feature per standard deviation of the logit difference")
    assert pattern.normalisation == "none"
    oracle = describe_map("oracle", "n/a", "class_means", "unit_l1")
    assert oracle.polarity == "positive = grey matter is lost in disease, by the ground truth"


def test_heatmaps_speak_of_the_true_class_and_of_what_turns_them():
    assert describe_map("integrated_gradients", "t1_syn", "all", "none").polarity.endswith("each subject's true class")
    assert "controls are subtracted" in describe_map("lrp", "t1_syn", "contrast", "none").polarity
    assert describe_map("lrp", "t1_syn", "all", "none").units == "logit per voxel"
    assert describe_map("guided_gradcam", "t1_syn", "all", "none").units == "arbitrary"


@pytest.mark.parametrize("target", TARGETS)
def test_heatmaps_speak_of_their_target(target):
    meaning = describe_map("gradient", "gm_modulated", "all", "none", target)
    assert meaning.target == TARGETS[target]
    assert ("true class" in meaning.polarity) is (target == "true_class")


def test_every_variant_of_a_method_has_its_units():
    assert describe_map("lrp_gamma", "gm_modulated", "all", "none").units == "logit per voxel"
