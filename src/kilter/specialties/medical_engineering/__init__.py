"""Medical engineering: tests of electro-medical devices."""
