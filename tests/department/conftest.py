"""Every room's tests may use the small department."""

from tests.shop import shop as shop
