"""Drafts and sealed records: the only evidence there is."""
