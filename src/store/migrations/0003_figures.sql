-- What runs found of the groups of rules that look back: one figure per group and business day, the last run's.
-- subject is canonical; currency is absent for what is no money; amount is exact text; meaning is a hash over what the
-- figure is, so that figures of another meaning are never compared.
CREATE TABLE figures (
    rule_id  TEXT NOT NULL,
    day      TEXT NOT NULL,
    subject  TEXT NOT NULL,
    meaning  TEXT NOT NULL,
    currency TEXT,
    amount   TEXT NOT NULL,
    PRIMARY KEY (rule_id, day, subject)
);
