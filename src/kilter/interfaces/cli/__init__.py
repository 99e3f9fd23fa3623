"""The command line: one file per group of commands; nothing but `main` is imported before it is needed."""
