from relmaps.io.images import load_grid, read_map, read_mask
from workflow.scripts.simulate_truth import main


def test_truth_lies_on_the_study_grid_and_has_a_literature(simulated, tmp_path):
    main(
        template=simulated.folder / "template",
        images=None,
        truth=tmp_path / "truth.nii.gz",
        literature=tmp_path / "literature.txt",
        space=simulated.space,
        disease={"severity": 2.0, "severity_spread": 0.4, "regions": simulated.regions},
        studies=simulated.simulation["literature"] | {"n_studies": 5},
        seed=1,
    )
    grid = load_grid(simulated.template("brain_mask"), simulated.space)
    truth = read_map(tmp_path / "truth.nii.gz", grid)
    assert truth.min() == 0 < truth.max() < 0.5
    assert (truth[~read_mask(simulated.template("brain_mask"), grid)] == 0).all()
    text = (tmp_path / "literature.txt").read_text()
    assert text.startswith("//Reference=MNI")
    assert text.count("// Subjects=") == 5
