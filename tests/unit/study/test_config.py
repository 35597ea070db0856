import copy
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from relmaps import ROOT
from relmaps.catalogue.sources import SOURCES
from relmaps.io.errors import UserError
from relmaps.io.tables import SCHEMAS
from relmaps.study.config import DEFAULTS, load_config, read_config, read_schema

pytestmark = pytest.mark.fault

STUDIES = sorted((ROOT / "config").glob("*.yaml"))


@pytest.fixture
def config():
    return read_config()


@pytest.fixture
def real(config):
    """A study of real scans."""
    config["cohort"]["source"], config["input"] = "bids", "/data"
    config["reference"]["meta_analysis"] |= {"source": "sleuth", "path": "resources/ad_vbm_foci.txt"}
    return config


def with_reference(config, name, **settings):
    config["reference"][name] = settings
    return config


def with_atrophy(**regions):
    regions = {"source": "ellipsoids", "path": None, "fwhm_mm": 12.0} | regions
    return {"severity": 4.0, "severity_spread": 0.4, "seed": 1, "regions": regions}


def set_key(config, path, value):
    *parents, last = path.split(".")
    for parent in parents:
        config = config[parent]
    config[last] = value


def test_the_default_is_valid(config):
    assert load_config(config) is config


def list_keys(settings, schema, above=""):
    """Dotted keys of every mapping at every depth, also those that hold mappings; a table whose names are the user's is
    one key."""
    for key, value in settings.items():
        known = schema.get("properties", {}).get(key, {})
        yield f"{above}{key}"
        if isinstance(value, dict) and not isinstance(known.get("additionalProperties"), dict):
            yield from list_keys(value, known, f"{above}{key}.")


def test_config_yaml_holds_at_most_sixty_keys():
    keys = list(list_keys(yaml.safe_load((ROOT / "config/config.yaml").read_text()), read_schema()))
    assert "relevance.external_maps" in keys
    assert "reference.meta_analysis" not in keys
    assert len(keys) <= 60, f"config/config.yaml has {len(keys)} keys; move some to config/defaults/"


def list_leaves(settings, above=""):
    for key, value in settings.items():
        yield from list_leaves(value, f"{above}{key}.") if isinstance(value, dict) and value else [f"{above}{key}"]


def test_every_key_has_its_default_in_one_file():
    leaves = [leaf for path in DEFAULTS for leaf in list_leaves(yaml.safe_load(path.read_text()))]
    assert len(leaves) == len(set(leaves))
    assert set(leaves) == set(list_leaves(read_config()))


def test_stages_and_their_keys_are_in_the_order_of_the_schema():
    known = read_schema()["properties"]
    config = read_config(ROOT / "config/smoke.yaml")
    assert list(config) == list(known)
    for stage in ("cohort", "simulation", "preprocess", "classify", "relevance", "overlap"):
        assert list(config[stage]) == list(known[stage]["properties"])


def test_an_input_that_would_not_be_read_is_refused():
    config = read_config() | {"input": "/data"}
    with pytest.raises(UserError) as raised:
        load_config(config)
    assert str(raised.value) == (
        "config: input is /data, but a simulated cohort reads none; leave it out, or set cohort.source "
        "(bids, adni, dicom, table), as config/bids.yaml does"
    )


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_way_to_read_a_study_gives_the_same(path):
    """As Snakemake does, as another workflow does that imports this one, and as the library does."""
    imported = yaml.safe_load(path.read_text())
    on_command_line = copy.deepcopy(imported)
    for layer in (ROOT / "config/config.yaml", path):  # the workflow's own file is laid under that which came first
        update_config(on_command_line, yaml.safe_load(layer.read_text()))
    read = read_config(path)
    for config in (on_command_line, imported, read):
        config["input"] = "/data" if SOURCES[read["cohort"]["source"]].input else None
        load_config(config)
    assert repr(on_command_line) == repr(imported) == repr(read)  # in the same order, on which params of rules depend


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("classify.cnn.epoch", 3, "unknown key classify.cnn.epoch; did you mean epochs?"),
        ("zzz", "red", "unknown key zzz; known keys are study"),
        ("classify.folds", 1, "classify.folds: 1 is less than the minimum of 2 (Outer folds"),
        ("study", "../x", "study: '../x' does not match"),
        ("classify.cnn.architectures", ["E24"], "classify.cnn.architectures.0: 'E24' is not one of"),
        ("cohort.source", "bids", "input is not set"),
        (
            "cohort.source",
            "csv",
            "cohort.source: 'csv' is not one of ['simulated', 'bids', 'adni', 'dicom', 'table'] (sim",
        ),
        (
            "reference.meta_analysis.source",
            "ale",
            "'ale' is not one of ['simulated', 'sleuth', 'nifti', 'neuroquery'] (sim",
        ),
        ("cohort.labels.disease", "MCI", "cohort.labels of a simulated cohort must be"),
        ("reference.meta_analysis.source", "sleuth", "reference.meta_analysis.path is not set"),
        ("overlap.primary.smoothing_mm", 3, "overlap.primary.smoothing_mm is 3, which is not in overlap.multiverse"),
        ("preprocess.preset", "finest", "preprocess.preset: 'finest' is not one of ['demo', 'fast', 'paper']"),
        ("preprocess.exclude_on.noise", [0.2, 0.1], "preprocess.exclude_on.noise is [0.2, 0.1]; write the lower"),
        ("cohort.synthetic_atrophy", with_atrophy(), "cohort.synthetic_atrophy is for real scans; a simulated cohort"),
        ("preprocess.template.space", "Talairach", "preprocess.template.space: 'Talairach' does not match '^MNI"),
        ("overlap.atlas.affine", "header", "overlap.atlas.affine: 'header' is not one of [None, 'template']"),
        ("cohort.exclusion_list", "no.tsv", "cohort.exclusion_list no.tsv: no such file; check the path"),
        ("cohort.adni.adnimerge", "no.csv", "cohort.adni.adnimerge no.csv: no such file"),
        ("cohort.adni.search_csv", "no.csv", "cohort.adni.search_csv no.csv: no such file"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(config, path, value, words):
    set_key(config, path, value)
    with pytest.raises(UserError) as error:
        load_config(config)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("source", [name for name, record in SOURCES.items() if record.input])
def test_every_source_of_real_scans_needs_an_input(real, source):
    real["cohort"]["source"] = source
    assert load_config(real) is real
    real["input"] = None
    with pytest.raises(UserError, match=f"input is not set; add {SOURCES[source].input} on the command line"):
        load_config(real)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("cohort.synthetic_atrophy", with_atrophy(source="foci"), "regions.path is not set; source foci needs a file"),
        (
            "cohort.synthetic_atrophy",
            with_atrophy(source="nifti"),
            "regions.path is not set; source nifti needs a file",
        ),
        (
            "cohort.synthetic_atrophy",
            with_atrophy(source="nifti", path="no.nii"),
            "cohort.synthetic_atrophy.regions.path no.nii: no such file",
        ),
        (
            "cohort.synthetic_atrophy",
            with_atrophy(fwhm_mm=0),
            "regions.fwhm_mm: 0 is less than or equal to the minimum",
        ),
        ("cohort.synthetic_atrophy", {"severity": 4.0}, "cohort.synthetic_atrophy"),
        (
            "preprocess.template.images",
            {"t1": "no.nii", "brain_mask": "README.md", "gm": "README.md", "wm": "README.md", "csf": None},
            "preprocess.template.images.t1 no.nii: no such file",
        ),
        ("preprocess.template.images", {"t1": "README.md"}, "preprocess.template.images"),
        ("reference.meta_analysis.source", "nifti", "reference.meta_analysis.threshold is not set"),
        ("reference.meta_analysis.path", "no.txt", "reference.meta_analysis.path no.txt: no such file"),
        ("reference.meta_analysis.source", "simulated", "source is simulated, but the cohort is not; use sleuth"),
    ],
)
def test_a_mistake_in_a_study_of_real_scans_is_named(real, key, value, words):
    set_key(real, key, value)
    with pytest.raises(UserError) as error:
        load_config(real)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_synthetic_atrophy_gives_real_scans_a_simulated_literature(real):
    real["cohort"]["synthetic_atrophy"] = with_atrophy()
    real["reference"]["meta_analysis"] |= {"source": "simulated", "path": None}
    assert load_config(real) is real
    real["cohort"]["synthetic_atrophy"] = with_atrophy(path="no.nii")  # of another source, and not used
    assert load_config(real) is real


def test_further_references_get_the_defaults_of_what_they_leave_out(config):
    with_reference(config, "strict", source="simulated", correction="cluster_fwe", alpha=0.01)
    terms = {"terms": ["parkinson disease"], "fields": ["title"], "minimum": 1}
    rules = {"require": {"disease": terms}, "exclude": {"risk": None}}
    with_reference(config, "text_mined", source="neuroquery", neuroquery=rules)
    references = load_config(config)["reference"]
    assert list(references) == ["meta_analysis", "strict", "text_mined"]
    assert (references["strict"]["alpha"], references["strict"]["iterations"]) == (0.01, 5000)
    assert references["meta_analysis"]["correction"] == "fdr"
    assert references["text_mined"]["path"] is None  # downloaded
    chosen = references["text_mined"]["neuroquery"]
    assert chosen["require"]["disease"] == terms
    assert chosen["require"]["tissue"]["minimum"] == 2
    assert chosen["exclude"]["risk"] is None
    assert chosen["sample_size_sweep"] == [10, 20, 40]


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("truth", {"source": "simulated"}, "reference: 'truth' does not match"),
        ("My-Map", {"source": "simulated"}, "reference: 'My-Map' does not match"),
        ("other", {"path": None}, "reference.other: 'source' is a required property"),
        ("other", {"source": "simulated", "fdr": 0.1}, "unknown key reference.other.fdr; known keys are source, path"),
        ("other", {"source": "simulated", "correction": "fwe"}, "reference.other.correction: 'fwe' is not one of"),
        (
            "other",
            {"source": "simulated", "correction": "voxel_fwe", "iterations": 10},
            "reference.other.iterations is 10, too few for an alpha of 0.05; set it to 1/alpha or more",
        ),
        (
            "other",
            {"source": "nifti", "path": "map.nii", "threshold": -3.1},
            "reference.other.threshold: -3.1 is less than or equal to the minimum of 0 (For nifti: the mask is where",
        ),
        ("other", {"source": "nifti", "polarity": 0}, "reference.other.polarity: 0 is not one of [1, -1]"),
        ("other", {"source": "sleuth", "path": "no.txt"}, "reference.other.path no.txt: no such file"),
        ("text_mined", {"source": "neuroquery", "path": "none"}, "reference.text_mined.path none: no such folder"),
        (
            "text_mined",
            {"source": "neuroquery", "neuroquery": {"allow_list": "no.tsv"}},
            "reference.text_mined.neuroquery.allow_list no.tsv: no such file",
        ),
        (
            "text_mined",
            {"source": "neuroquery", "neuroquery": {"require": {"disease": {"terms": ["stroke"]}}}},
            "reference.text_mined.neuroquery.require.disease",
        ),
    ],
)
def test_a_mistake_in_a_further_reference_is_named(config, name, settings, words):
    with pytest.raises(UserError) as error:
        load_config(with_reference(config, name, **settings))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("preset", "voxel_mm", "box", "registration_voxel_mm", "iterations"),
    [
        ("demo", 4, "template", 4, [40, 20, 6]),
        ("fast", 2, "template", 2, [40, 20, 10]),
        ("paper", 1, "paper", 2, [100, 70, 20]),
    ],
)
def test_a_preset_fills_what_is_null(config, preset, voxel_mm, box, registration_voxel_mm, iterations):
    config["preprocess"]["preset"] = preset
    filled = load_config(config)["preprocess"]
    assert (filled["template"]["voxel_mm"], filled["template"]["box"]) == (voxel_mm, box)
    assert filled["input_voxel_mm"] == voxel_mm
    assert filled["registration_voxel_mm"] == registration_voxel_mm
    assert filled["iterations"] == iterations


def test_a_preset_leaves_alone_what_is_set(config):
    own = {"input_voxel_mm": 1.5, "registration_voxel_mm": 3, "iterations": [10, 5]}
    config["preprocess"] |= own | {"preset": "paper"}
    config["preprocess"]["template"] |= {"voxel_mm": 2, "box": "template"}
    before = copy.deepcopy(config["preprocess"])
    assert load_config(config)["preprocess"] == before


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_that_is_shipped_is_valid(path):
    config = read_config(path)
    config["input"] = None if config["cohort"]["source"] == "simulated" else "/data"
    assert load_config(config) is config
    assert config["preprocess"]["iterations"] is not None


def test_a_missing_key_gets_its_default(config):
    """As where another workflow imports this one."""
    pooling = config["relevance"].pop("pooling")
    del config["classify"], config["cohort"]["labels"]["column"]
    load_config(config)
    assert config["relevance"]["pooling"] == pooling
    assert config["classify"]["folds"] == 5
    assert config["cohort"]["labels"] == {"column": "diagnosis", "disease": "AD", "control": "CN"}


def test_a_key_that_is_null_stays_so(config):
    config["relevance"]["integrated_gradients"] = {"tolerance": None}
    config["preprocess"]["exclude_on"] = {"wm_cv": [None, None], "noise": [None, 0.1]}
    load_config(config)
    assert config["relevance"]["integrated_gradients"]["tolerance"] is None
    assert config["relevance"]["integrated_gradients"]["steps"] == 8
    assert config["preprocess"]["exclude_on"]["wm_cv"] == [None, None]
    assert list(config["preprocess"]["exclude_on"])[:2] == ["wm_cv", "noise"]  # own ones first, as in figures
    assert config["preprocess"]["exclude_on"]["similarity"] == [0.8, None]


def test_a_file_of_the_repository_is_found_from_another_folder(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config["reference"] = {"foci": {"source": "sleuth", "path": "resources/ad_vbm_foci.txt"}}
    assert Path(load_config(config)["reference"]["foci"]["path"]) == ROOT / "resources/ad_vbm_foci.txt"


def test_a_file_of_the_study_s_own_folder_comes_first(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources/ad_vbm_foci.txt").touch()
    config["reference"] = {"foci": {"source": "sleuth", "path": "resources/ad_vbm_foci.txt"}}
    assert load_config(config)["reference"]["foci"]["path"] == "resources/ad_vbm_foci.txt"


def test_every_key_of_every_schema_is_described():
    def undescribed(node, where):
        for key, value in node.get("properties", {}).items():
            if "description" not in value:
                yield f"{where}.{key}"
            yield from undescribed(value, f"{where}.{key}")
        if "items" in node:
            yield from undescribed(node["items"], where)

    for path in SCHEMAS.glob("*.yaml"):
        schema = yaml.safe_load(path.read_text())
        assert list(undescribed(schema, path.stem)) == []
        assert schema["additionalProperties"] is False


def test_lrp_epsilon_needs_merged_batch_normalisation(config):
    config["relevance"]["lrp"]["batchnorm"] = "identity"
    load_config(copy.deepcopy(config))
    config["relevance"]["methods"].append("lrp_epsilon")
    with pytest.raises(UserError, match=r"batchnorm: identity makes lrp_epsilon meaningless.*set it to merged"):
        load_config(config)
