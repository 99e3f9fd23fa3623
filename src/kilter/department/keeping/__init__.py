"""Keeping the department's data: is the site sound, back it up, bring it back, write it out in the open."""
