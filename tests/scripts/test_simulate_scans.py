import nibabel as nib


def test_scans_are_whole_bids_files(simulated):
    paths = sorted((simulated.folder / "bids").glob("sub-*/anat/*_T1w.nii.gz"))
    assert [path.name for path in paths] == [f"sub-{number:03d}_T1w.nii.gz" for number in (1, 2, 3, 4)]
    image = nib.load(paths[0])
    assert image.header.get_zooms() == (8, 8, 8)
    assert image.get_fdata().max() > 100


def test_a_finished_scan_is_kept_and_a_lost_one_made_again_alike(simulated):
    kept, lost = (simulated.folder / f"bids/sub-00{n}/anat/sub-00{n}_T1w.nii.gz" for n in (1, 2))
    before, content = kept.stat().st_mtime_ns, lost.read_bytes()
    lost.unlink()
    simulated.simulate(numbers=(1, 2))
    assert kept.stat().st_mtime_ns == before
    assert lost.read_bytes() == content
