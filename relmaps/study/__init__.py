"""The study as a whole: configuration, plan, provenance and verification."""
