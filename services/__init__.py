"""Winnow's services: catalog, curator, gateway, what they share (kit) and the `winnow` command."""
