"""Methods that two specialties share: pure functions on arrays, knowing nothing of files or devices."""
