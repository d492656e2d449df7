"""Pages of the law: packs, rules, calendars, clauses, drift, legal texts, office settings."""
