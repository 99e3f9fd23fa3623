"""What is added and never edited: audit entries, stored files and the outbox."""
