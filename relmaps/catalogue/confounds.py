"""Controls: models that see no tissue contrast, so what they reach is no sign of grey matter loss in the contrast."""

COVARIATES = "covariates"  # logistic regression on age, sex and head size
CONFOUND_INPUTS = ("binarised", "brain_mask")  # a model's input turned black and white, or its outline alone
