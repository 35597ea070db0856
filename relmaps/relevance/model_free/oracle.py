"""The best map that a study can hope for: the expected loss of grey matter itself, as blurred as the linear feature."""

import numpy as np
from scipy.ndimage import gaussian_filter

from relmaps.io.images import read_map
from relmaps.relevance.model_free.study import Combine, Study, fixed


def open_map(study: Study) -> Combine:
    """Smooth the ground truth as relmaps.preprocess.arrays does scans: no map of that feature can be sharper."""
    sigma = study.smoothing_mm / np.sqrt(8 * np.log(2)) / study.grid.voxel_mm
    return fixed(gaussian_filter(read_map(study.files["truth"], study.grid), sigma)[study.brain])
