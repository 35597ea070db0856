"""What the classifiers saw: heatmaps of networks on held-out scans, and the baselines they are compared with."""
