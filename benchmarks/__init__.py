"""Measurements that print a table; each says at its top how to run it."""
