"""Confound models: their input has no tissue contrast, so their accuracy comes from outline, size or covariates."""

COVARIATES = "covariates"  # logistic regression on age, sex and head size
CONFOUND_INPUTS = ("binarised", "brain_mask")  # a model's input turned black and white, or its outline alone
