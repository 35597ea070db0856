"""From a raw scan to tissue maps in template space."""
