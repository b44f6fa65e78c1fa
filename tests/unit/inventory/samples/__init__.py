"""Inventories of Ansible's in each of their forms; `vault-password` opens the vaults among them."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "ansible"
