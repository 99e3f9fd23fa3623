"""The field's files and labels, read and written: hostile input in, typed values or a clear error out."""
