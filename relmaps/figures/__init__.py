"""Figures and tables of a study, drawn from its published files alone. A figure has a name that says what it shows."""
