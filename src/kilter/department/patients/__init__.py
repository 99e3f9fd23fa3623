"""Patients: as little as the work needs, enciphered, known by a pseudonym, every look-up written down."""
