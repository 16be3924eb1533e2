"""Visiting the links of texts: the only way out of the catalog to the network, off unless a house rule says so."""
