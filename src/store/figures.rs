//! What runs found of the groups of rules that look back at their own past.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::cells::{Columns, cells};
use super::session::Mode;
use super::{Recording, Store, StoreError};
use crate::audit::amount::Amount;
use crate::audit::swing::{History, MOST_RUNS, NewFigure, PastFigure};
use crate::audit::value::Subject;

/// Business days whose figures are kept of one rule: the latest, of which a look at a past day needs some that are no
/// later. One more than a median may look back over, because the day of the run itself is never its own past.
pub const FIGURE_DAYS_KEPT: u32 = MOST_RUNS + 1;

const READ: &str = "read what earlier runs found";
const WRITE: &str = "record what the run found";

impl Store {
    /// What runs of business days before `day` found of the rule's groups, of figures that mean the same: the latest
    /// `runs` of each group and currency.
    pub async fn history(
        &self,
        (rule, meaning): (&str, &str),
        day: NaiveDate,
        runs: u32,
    ) -> Result<History, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let select = "SELECT day, subject, currency, amount FROM (SELECT day, subject, currency, amount, \
                      ROW_NUMBER() OVER (PARTITION BY subject, currency ORDER BY day DESC) AS place FROM figures \
                      WHERE rule_id = $1 AND meaning = $2 AND day < $3) AS known WHERE place <= $4 ORDER BY day";
        let rows = session.rows(READ, select, cells![rule, meaning, day, runs]).await?;
        let mut history = History::new();
        for row in &rows {
            let columns = Columns { row, table: "figures" };
            let subject = columns.named("subject", Subject::parse)?;
            let amount = columns.named("amount", |text| text.parse::<Amount>().ok())?;
            let (day, currency) = (columns.day("day")?, columns.optional_text("currency")?);
            history.entry(subject).or_default().push(PastFigure { day, currency, amount });
        }
        Ok(history)
    }
}

impl Recording {
    /// Keeps what the run found, in place of what an earlier run of the same day did. Figures of another meaning go,
    /// and those of days that nothing looks back to any more.
    pub async fn keep_figures(
        &mut self,
        (rule, meaning): (&str, &str),
        day: NaiveDate,
        figures: &BTreeMap<Subject, NewFigure>,
    ) -> Result<(), StoreError> {
        let clear = "DELETE FROM figures WHERE rule_id = $1 AND (day = $2 OR meaning <> $3)";
        self.session.execute(WRITE, clear, cells![rule, day, meaning]).await?;
        let rows = figures.iter().map(|(subject, figure)| {
            let NewFigure { currency, amount } = figure;
            cells![rule, day, subject.canonical(), meaning, currency.as_deref(), amount.to_string()]
        });
        let insert = "INSERT INTO figures (rule_id, day, subject, meaning, currency, amount) VALUES";
        self.session.insert(WRITE, insert, "", rows.collect()).await?;
        let prune = "DELETE FROM figures WHERE rule_id = $1 AND day NOT IN \
                     (SELECT DISTINCT day FROM figures WHERE rule_id = $1 ORDER BY day DESC LIMIT $2)";
        self.session.execute(WRITE, prune, cells![rule, FIGURE_DAYS_KEPT]).await?;
        Ok(())
    }
}
