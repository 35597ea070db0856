"""The one error a user is meant to see: a line that names the file or key, and the remedy."""


class UserError(Exception):
    """A mistake in data or configuration; shown as one line, without a traceback."""


class ScanError(UserError):
    """A raw scan that cannot be used; its message becomes the reason in exclusions.tsv."""
