//! `kind = "overdue_payment"`.

mod terms;

use super::reading::{ANY, DATED, MONEY, NUMBER, Reading, column, needed, optional, same_family, summed};
use super::{Applied, Credit, Direction, Instalments, Items, Open, OverduePayment, Share, given};
use crate::audit::snapshot::{ColumnType, TableSpec, Tax};
use crate::problem::{Node, Section};

/// A table whose rows are tied to the items by one of their columns.
struct Tied<'a> {
    items: Option<&'a TableSpec>,
    party: Option<String>,
    document: Option<String>,
    instalment: Option<String>,
    amount: Option<String>,
}

pub(super) fn read(section: &Section<'_>, reading: &Reading<'_>) -> Option<OverduePayment> {
    let direction = section
        .need("direction", "\"receivable\" or \"payable\"")
        .and_then(|node| node.one_of(&[("receivable", Direction::Receivable), ("payable", Direction::Payable)]));
    let items_node = section
        .need("items", "items = { table = \"…\", document = \"…\", party = \"…\", due = \"…\", amount = \"…\" }");
    let (items, tied) = items_node.as_ref().map_or((None, None), |node| items(node, reading));
    let tied = tied.unwrap_or(Tied { items: None, party: None, document: None, instalment: None, amount: None });
    let instalments =
        section.get("instalments").map_or(Some(None), |node| instalments(&node, reading, &tied).map(Some));
    let in_parts = tied.instalment.is_some() || section.has("instalments");
    let applied = section.get("applied").map_or(Some(None), |node| applied(&node, reading, &tied, in_parts).map(Some));
    let unapplied = section.get("unapplied").map_or(Some(None), |node| open(&node, reading, &tied).map(Some));
    let credits = section.get("credits").map_or(Some(None), |node| open(&node, reading, &tied).map(Some));
    let terms = section.get("terms").map_or(Some(None), |node| terms::read(&node, reading, &tied).map(Some));
    let credit = section.get("credit").map_or(Some(None), |node| credit(&node, reading, &tied).map(Some));
    let rates_node = section.get("rates");
    if let (Some(node), false) = (&rates_node, section.has("credit")) {
        node.name_problem(
            "only a credit limit is compared in another currency, and the rule has none",
            "credit = { … }",
        );
    }
    let rates = rates_node.map_or(Some(None), |node| given::rates(&node, reading).map(|(rates, _)| Some(rates)));
    let buckets = section.get("buckets").map_or_else(|| Some(vec![30, 60, 90]), |node| buckets(&node));
    if let (Some(node), true) = (&items_node, section.has("instalments"))
        && tied.instalment.is_some()
    {
        let sentence = "every item is an instalment already, and the rule has a table of instalments as well";
        node.problem(sentence, "either instalment = \"…\" in items, or instalments = { … }");
    }
    let items = items?;
    if let (None, None, Some(node), false) = (&items.due, &items.terms, &items_node, section.has("instalments")) {
        let accepted = "due = \"…\", or date = \"…\" and terms = { table = \"…\", days = \"…\" }";
        if items.date.is_none() {
            node.problem("nothing says when an item is due", accepted);
        } else if !section.has("terms") {
            node.problem("nothing says when an item is due: it has a date, and the rule has no terms", accepted);
        }
    }
    Some(OverduePayment {
        direction: direction?,
        items,
        instalments: instalments?,
        applied: applied?,
        unapplied: unapplied?,
        credits: credits?,
        terms: terms?,
        credit: credit?,
        rates: rates?,
        buckets: buckets?,
    })
}

fn items<'a>(node: &Node<'_>, reading: &Reading<'a>) -> (Option<Items>, Option<Tied<'a>>) {
    let Some(section) = node.section() else { return (None, None) };
    let table = reading.table_of(&section);
    let document = needed(&section, "document", table, &ANY);
    let party = needed(&section, "party", table, &ANY);
    let amount = needed(&section, "amount", table, &MONEY);
    let due = optional(&section, "due", table, &DATED);
    let date = optional(&section, "date", table, &DATED);
    let instalment = optional(&section, "instalment", table, &ANY);
    let terms_node = section.get("terms");
    let terms = terms_node.as_ref().map_or(Some(None), |node| terms::of_items(node, table).map(Some));
    if let (Some(node), Some(None)) = (&terms_node, &date) {
        node.problem("terms of an item begin on its date, and the items have none", "date = \"…\" beside them");
    }
    let filter = reading.filter(&section, table);
    section.finish();
    let tied = Tied {
        items: table,
        party: party.clone(),
        document: document.clone(),
        instalment: instalment.clone().flatten(),
        amount: amount.clone(),
    };
    let items = || {
        Some(Items {
            table: table?.name.clone(),
            document: document?,
            instalment: instalment?,
            party: party?,
            due: due?,
            date: date?,
            amount: amount?,
            terms: terms?,
            filter: filter?,
        })
    };
    (items(), Some(tied))
}

impl Tied<'_> {
    /// The column under `key` that holds the same values as the items' column `own`, whose name it has by default.
    fn column(&self, section: &Section<'_>, key: &str, own: Option<&str>, table: Option<&TableSpec>) -> Option<String> {
        let name = match section.get(key) {
            Some(node) => {
                let name = column(&node, table, &ANY)?;
                let agree = own
                    .zip(self.items)
                    .zip(table)
                    .is_none_or(|((own, items), table)| same_family(&node, (items, own), (table, &name)));
                return agree.then_some(name);
            }
            None => own?,
        };
        let (items, table) = (self.items?, table?);
        let accepted =
            format!("{key} = \"…\", the column that holds the same values as {name} of table {}", items.name);
        let same = |column: &ColumnType| {
            items.column(name).is_some_and(|own| super::reading::family(&own.kind) == super::reading::family(column))
        };
        if !table.column(name).is_some_and(|column| same(&column.kind)) {
            section.problem(format!("{key} is missing, and table {} has no such column {name}", table.name), accepted);
            return None;
        }
        Some(name.to_owned())
    }

    /// Money that is set off against the items must contain tax exactly when they do.
    fn same_tax(&self, node: &Node<'_>, table: &TableSpec, amount: &str) -> bool {
        let own = self.items.zip(self.amount.as_deref()).map_or(Tax::Unknown, |(items, amount)| tax(items, amount));
        let other = tax(table, amount);
        let unlike = own != other && own != Tax::Unknown && other != Tax::Unknown;
        if unlike {
            let sentence = "the items' amount and this one do not both contain tax: they cannot be set off";
            node.problem(sentence, "two amounts with tax, or two without");
        }
        !unlike
    }
}

fn tax(table: &TableSpec, column: &str) -> Tax {
    match table.column(column).map(|column| &column.kind) {
        Some(ColumnType::Money { tax, .. }) => *tax,
        _ => Tax::Unknown,
    }
}

fn instalments(node: &Node<'_>, reading: &Reading<'_>, tied: &Tied<'_>) -> Option<Instalments> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    let document = tied.column(&section, "document", tied.document.as_deref(), table);
    let instalment = needed(&section, "instalment", table, &ANY);
    let due = needed(&section, "due", table, &DATED);
    let share = match (section.get("amount"), section.get("percent")) {
        (Some(node), None) => column(&node, table, &MONEY).map(Share::Amount),
        (None, Some(node)) => column(&node, table, &NUMBER).map(Share::Percent),
        (one, _) => {
            let sentence = "an instalment is either an amount or a percentage of its document";
            let accepted = "one of amount = \"…\" and percent = \"…\"";
            match one {
                Some(node) => node.name_problem(sentence, accepted),
                None => node.problem(sentence, accepted),
            }
            None
        }
    };
    let filter = reading.filter(&section, table);
    section.finish();
    let (table, share) = (table?, share?);
    if let Share::Amount(amount) = &share {
        tied.same_tax(node, table, amount).then_some(())?;
    }
    Some(Instalments {
        table: table.name.clone(),
        document: document?,
        instalment: instalment?,
        due: due?,
        share,
        filter: filter?,
    })
}

fn applied(node: &Node<'_>, reading: &Reading<'_>, tied: &Tied<'_>, in_parts: bool) -> Option<Applied> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    let document = tied.column(&section, "document", tied.document.as_deref(), table);
    let instalment = optional(&section, "instalment", table, &ANY);
    if let (Some(node), false) = (section.get("instalment"), in_parts) {
        let accepted = "instalment = \"…\" in items as well, or instalments = { … }";
        node.name_problem("the items are no instalments, so that none can be named here", accepted);
    }
    let amount = summed(&section, "amount", table, &MONEY);
    let date = optional(&section, "date", table, &DATED);
    let reversed = optional(&section, "reversed", table, &DATED);
    let filter = reading.filter(&section, table);
    section.finish();
    let (table, amount) = (table?, amount?);
    tied.same_tax(node, table, &amount).then_some(())?;
    Some(Applied {
        table: table.name.clone(),
        document: document?,
        instalment: instalment?,
        amount,
        date: date?,
        reversed: reversed?,
        filter: filter?,
    })
}

fn open(node: &Node<'_>, reading: &Reading<'_>, tied: &Tied<'_>) -> Option<Open> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    let party = tied.column(&section, "party", tied.party.as_deref(), table);
    let amount = summed(&section, "amount", table, &MONEY);
    let date = optional(&section, "date", table, &DATED);
    let filter = reading.filter(&section, table);
    section.finish();
    Some(Open { table: table?.name.clone(), party: party?, amount: amount?, date: date?, filter: filter? })
}

fn credit(node: &Node<'_>, reading: &Reading<'_>, tied: &Tied<'_>) -> Option<Credit> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    let party = tied.column(&section, "party", tied.party.as_deref(), table);
    let limit = needed(&section, "limit", table, &MONEY);
    let undelivered = section.get("undelivered").map_or(Some(None), |node| open(&node, reading, tied).map(Some));
    section.finish();
    Some(Credit { table: table?.name.clone(), party: party?, limit: limit?, undelivered: undelivered? })
}

/// The last day of each ageing bucket but the last.
fn buckets(node: &Node<'_>) -> Option<Vec<i64>> {
    let mut days: Vec<i64> = Vec::new();
    for node in node.list(1)? {
        let day = node.integer()?;
        if day <= days.last().copied().unwrap_or(0) {
            node.problem(format!("{} does not rise", node.written()), "days that rise, such as [30, 60, 90]");
            return None;
        }
        days.push(day);
    }
    Some(days)
}
