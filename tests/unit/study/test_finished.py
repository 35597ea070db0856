import copy

import pytest

from relmaps import __version__
from relmaps.io.errors import UserError
from relmaps.io.files import write_json
from relmaps.study.config import load_config, read_config
from relmaps.study.finished import take_all, take_models

pytestmark = pytest.mark.fault


@pytest.fixture
def config(tmp_path):
    config = read_config()
    finished = copy.deepcopy(config)
    finished["preprocess"] |= {"preset": "fast", "registration": "SyNQuick[s]"}
    finished["classify"]["folds"] = 3
    finished["classify"]["permutations"] = [1]
    write_json({"relmaps": __version__, "config": finished}, tmp_path / "provenance.json")
    return config | {"external_validation": str(tmp_path)}


def test_preprocessing_and_models_are_those_of_the_finished_study(config):
    config["preprocess"]["outlier_z"] = 9
    take_models(config)
    assert config["preprocess"]["registration"] == "SyNQuick[s]"
    assert config["preprocess"]["preset"] == "fast"
    assert config["preprocess"]["outlier_z"] == 9
    assert config["classify"]["folds"] == 3
    assert config["classify"]["permutations"] == []
    assert config["classify"]["confound_models"] == {"models": [], "inputs": [], "covariates": False}


@pytest.mark.parametrize("content", [None, "{", "{}", '{"config": []}'])
def test_a_folder_without_a_finished_study_is_refused(config, tmp_path, content):
    (tmp_path / "provenance.json").unlink()
    if content:
        (tmp_path / "provenance.json").write_text(content)
    with pytest.raises(UserError, match="no finished study of this version"):
        take_models(config)


def test_models_cannot_be_taken_from_a_study_that_took_them_itself(config, tmp_path):
    finished = read_config() | {"external_validation": "results/first"}
    write_json({"relmaps": __version__, "config": finished}, tmp_path / "provenance.json")
    with pytest.raises(UserError, match="give results/first"):
        take_models(config)


def test_models_of_an_earlier_version_are_taken_by_their_present_names(config, tmp_path):
    finished = read_config()
    finished["apply"] = finished.pop("external_validation")
    finished["classify"]["bootstrap_draws"] = finished["classify"].pop("n_bootstrap") + 1
    write_json({"relmaps": "0.1.0", "config": finished}, tmp_path / "provenance.json")
    take_models(config)
    assert config["classify"]["n_bootstrap"] == finished["classify"]["bootstrap_draws"]


def test_a_study_of_an_earlier_version_is_not_drawn_again(tmp_path):
    write_json({"relmaps": "0.1.0", "config": read_config()}, tmp_path / "provenance.json")
    with pytest.raises(UserError, match=r"redraw .*: relmaps 0\.1\.0 made this study.*draw it with that version"):
        load_config({"redraw": str(tmp_path)})


def test_keys_that_the_study_lacks_have_their_defaults(tmp_path):
    finished = read_config() | {"study": "old"}
    del finished["overlap"]["confidence"]
    write_json({"relmaps": __version__, "config": finished}, tmp_path / "provenance.json")
    assert load_config({"redraw": str(tmp_path)}) == read_config() | {"study": "old", "redraw": str(tmp_path)}


def test_a_study_that_is_drawn_again_has_all_its_own_settings(config, tmp_path):
    config |= {"redraw": config["external_validation"], "external_validation": None, "study": "another"}
    take_all(config)
    assert config["study"] == "demo"
    assert config["preprocess"]["preset"] == "fast"
    assert config["redraw"] == str(tmp_path)
    with pytest.raises(UserError, match=r"config: redraw .*nowhere: no finished study"):
        take_all({"redraw": "nowhere"})
