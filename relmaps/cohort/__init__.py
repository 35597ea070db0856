"""Where scans come from: simulated or read from a BIDS dataset."""
