"""Nuclear medicine: gamma cameras, radiopharmacy, doses."""
