import re

from relmaps.io.files import hash_file
from relmaps.io.tables import read_table
from relmaps.study.config import read_config
from tests.synthetic_results import SyntheticStudy
from workflow.scripts import write_model_cards

STUDY = {"name": "demo", "disease": "AD", "control": "CN", "space": "MNI152NLin2009aSym", "voxel_mm": 4}


def test_each_fold_has_a_card_that_names_nobody(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, n_scans=14, folds=2).write()
    weights, cards = study.write_weights(), {fold: tmp_path / f"cards/fold-{fold}.md" for fold in ("1", "2")}
    settings = read_config()
    write_model_cards.main(
        subjects=study.path("preprocess/subjects.tsv"),
        splits=study.path("classify/splits.tsv"),
        selection=study.path("classify/selection.tsv"),
        performance=study.path("classify/performance.tsv"),
        weights=weights[::-1],
        cards=cards,
        recipe={"epochs": 15, "augmentation": {"flip": True}},
        study=STUDY
        | {
            "truth": "simulated",
            "labels_shuffled": False,
            "preprocessing": settings["preprocess"]["features"]["gm_modulated"],
        },
        confidence=0.95,
    )
    splits = read_table(study.path("classify/splits.tsv"))
    for (fold, card), path in zip(cards.items(), weights, strict=True):
        text = card.read_text()
        assert text.startswith(f"# Network “small”, fold {fold} of the study demo")
        assert f"| `{path.name}` | 0 | 5 | `{hash_file(path)}` |" in text
        assert "| Parameters | 112 |" in text
        trained = splits[(splits["fold"] == fold) & (splits["role"] == "train") & (splits["label"] == 1)]
        assert f"| train | AD | {len(trained)} |" in text
        assert not re.search(r"sub-\d|/home|someone", text)
