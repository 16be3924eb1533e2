"""What any service needs, without one noun of the product."""

from __future__ import annotations
