"""The doors: they parse what arrives, call an action or a query, and show the answer."""
