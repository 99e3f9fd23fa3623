"""The pages: templates, their filters, and what the browser is sent."""
