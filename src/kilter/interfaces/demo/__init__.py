"""The demonstration hospital: an invented estate with a generated history, sealed by the code that signs."""
