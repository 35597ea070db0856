"""How well maps overlap with references, with intervals and paired tests."""
