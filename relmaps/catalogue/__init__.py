"""What exists, as data: importable without torch and ants."""
