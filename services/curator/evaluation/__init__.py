"""How right curation is on corpora with known answers: truth, scores, intervals, baselines, and what people read."""
