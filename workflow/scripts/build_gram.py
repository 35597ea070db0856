"""The Gram matrix of one feature's array, which all linear models of that feature share."""

import logging

import numpy as np

from relmaps.classify.gram import gram_matrix
from relmaps.files import replacing
from relmaps.jobs import job

log = logging.getLogger("relmaps")


def main(*, images, gram):
    features = np.load(images, mmap_mode="r")
    with replacing(gram) as temporary:
        np.save(temporary, gram_matrix(features))
    log.info("%s: %d subjects, %d voxels", images, len(features), features[0].size)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(images=snakemake.input.images, gram=snakemake.output.gram)
