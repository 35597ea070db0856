"""Where scans come from, and the diseases that are known in them."""
