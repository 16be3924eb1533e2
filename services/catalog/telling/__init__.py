"""Telling people: the weekly digest, notices that cannot wait for it, and how their delivery goes."""
