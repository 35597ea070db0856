"""Cross-validated classifiers of disease against control, and their performance on held-out participants."""
