"""The only door: authenticates, limits, forwards calls as bytes, transcodes JSON, serves the review page."""
