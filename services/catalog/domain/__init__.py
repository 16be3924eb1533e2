"""Values and rules of the catalog; no I/O, no clock, no protobuf. A module a noun."""
