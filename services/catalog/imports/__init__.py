"""Readers of what a learning team exports: files in, records out. No database, no network, no clock."""

from __future__ import annotations
