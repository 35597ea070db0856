import numpy as np

from relmaps.relevance.variants import read_variants, write_variants


def test_variants_come_back_with_what_they_are(tmp_path, rng):
    choices = [
        ("disease", "all", "none", "mean_first", "signed"),
        ("disease", "all", "none", "sign_first", "positive"),
    ]
    maps = rng.normal(size=(2, 6)).astype(np.float32)
    write_variants(tmp_path / "variants.npz", choices, maps)
    first, second = read_variants(tmp_path / "variants.npz")
    np.testing.assert_array_equal(second.values, maps[1])
    assert (second.target, second.pooling, second.normalisation, second.order) == choices[1][:4]
    assert [first.fits(sign) for sign in ("signed", "abs", "positive")] == [True, True, True]
    assert [second.fits(sign) for sign in ("signed", "abs", "positive")] == [False, False, True]
