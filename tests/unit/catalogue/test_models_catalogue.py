import pytest

from relmaps.catalogue.confounds import name_covariate_model
from relmaps.catalogue.models import MODELS, find_model, is_confound, names_of
from relmaps.catalogue.names import model_name


def test_a_control_is_the_model_behind_it_on_a_reduced_input():
    record = find_model("logistic_brain_mask")
    assert (record.kind, record.base, record.reduced) == ("linear", "logistic", "brain_mask")
    assert (find_model("A24_binarised").kind, find_model("A24_binarised").base) == ("network", "A24")
    assert [name for name in ("svm", "svm_binarised", "small", "selected", "covariates") if is_confound(name)] == [
        *("svm_binarised", "covariates")
    ]


def test_every_name_is_that_of_its_record_and_of_one_kind():
    assert all(record.name == name for name, record in MODELS.items())
    assert names_of("linear") == [
        *("svm", "logistic", "svm_binarised", "svm_brain_mask", "logistic_binarised", "logistic_brain_mask")
    ]
    assert {"small", "A24_brain_mask"} < set(names_of("network"))


def test_a_model_of_another_version_is_a_network():
    assert (find_model("Z9_binarised").kind, is_confound("Z9_binarised")) == ("network", False)


@pytest.mark.parametrize(
    ("used", "name", "title"),
    [
        (("age", "sex", "tiv_ml"), "covariates", "Age, sex and head size"),
        (("tiv_ml", "age"), "covariates_age_tiv_ml", "Age and head size"),
        (("sex",), "covariates_sex", "Sex"),
        ((), "covariates_none", "Size of the groups alone"),
    ],
)
def test_a_model_of_covariates_is_called_by_those_that_it_uses(used, name, title):
    assert name_covariate_model(used) == name
    assert model_name(name) == title
    assert (find_model(name).kind, find_model(name).base, is_confound(name)) == ("covariates", "covariates", True)
