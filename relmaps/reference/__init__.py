"""Maps of known or reported grey matter loss, with which relevance maps are compared."""
