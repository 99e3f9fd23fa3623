"""Accounts, roles and authorisations, and the one gate that every action passes."""
