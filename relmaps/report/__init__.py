"""What the study says in words and on a page that opens without a network."""
