"""Where things lie: grids, templates, boxes, atlases and resampling."""
