from relmaps.classify.models import feature_of_model, select_models

CLASSIFY = {
    "cnn": {"architectures": ["small", "A24"], "feature": "t1_syn"},
    "linear": {"models": ["svm", "logistic"], "feature": "gm_modulated"},
    "confound_models": {"models": ["svm", "A24"], "inputs": ["binarised", "brain_mask"], "covariates": True},
}


def test_names_of_all_models():
    models = select_models(CLASSIFY)
    assert models.networks == ["small", "A24"]
    assert models.linear == ["svm", "logistic"]
    assert models.confound_networks == ["A24_binarised", "A24_brain_mask"]
    assert models.confound_linear == ["svm_binarised", "svm_brain_mask"]
    assert models.covariates == ["covariates"]


def test_what_each_model_sees():
    seen = {name: feature_of_model(name, CLASSIFY) for name in ("small", "svm", "A24_binarised", "svm_brain_mask")}
    assert seen == {
        "small": "t1_syn",
        "svm": "gm_modulated",
        "A24_binarised": "binarised",
        "svm_brain_mask": "brain_mask",
    }
