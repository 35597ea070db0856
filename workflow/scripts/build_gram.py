"""The Gram matrix of one feature's array, which all linear models of that feature share."""

import logging
from pathlib import Path

import numpy as np

from relmaps.catalogue.confounds import CONFOUND_INPUTS
from relmaps.classify.gram import gram_matrix
from relmaps.io.errors import UserError
from relmaps.io.files import replacing
from relmaps.io.jobs import job
from relmaps.io.memmap import open_array

log = logging.getLogger("relmaps")


def main(*, images, gram):
    features = open_array(images)
    products = gram_matrix(features)
    if not products.any() and Path(images).stem not in CONFOUND_INPUTS:
        raise UserError(f"{images}: all scans are the same; check preprocess/qc.tsv and the pictures of the scans")
    with replacing(gram) as temporary:
        np.save(temporary, products)
    log.info("%s: %d subjects, %d voxels", images, len(features), features[0].size)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(images=snakemake.input.images, gram=snakemake.output.gram)
