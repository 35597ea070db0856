"""Simulated participants, diseases and a literature, with ground truth of the atrophy."""
