-- The day whose beginning was last learned from, and the months that each class of content takes to age since then;
-- no day before the first was seen, and no months as long as the starting ones hold.
ALTER TABLE feed_copy ADD COLUMN half_lives_day date;
ALTER TABLE feed_copy ADD COLUMN half_lives jsonb NOT NULL DEFAULT '{}';
