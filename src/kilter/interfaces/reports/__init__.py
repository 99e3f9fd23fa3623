"""Certificates and figures: what a record looks like on paper."""
