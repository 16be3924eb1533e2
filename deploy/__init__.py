"""How Winnow is operated: manifests and what checks them."""
