"""Everything that goes into and out of files: images, tables, arrays, logs, and errors that a user sees."""
