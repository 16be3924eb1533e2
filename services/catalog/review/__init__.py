"""What becomes of findings: suggestions with their plans, rules, decisions and what applying and undoing do."""

from __future__ import annotations
