"""Devices, their models, places, histories, holds and certificates."""
