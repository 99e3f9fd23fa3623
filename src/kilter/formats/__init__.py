"""Readers and writers of the field's files: hostile bytes in, typed arrays or one clear sentence out."""
