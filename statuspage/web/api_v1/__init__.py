"""The operators' JSON API, version 1."""
