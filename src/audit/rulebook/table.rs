//! Table files: which source to read, how, and what the columns mean.

use std::collections::BTreeMap;

use super::{file_layout, guards, sources};
use crate::audit::amount::MAX_SCALE;
use crate::audit::expression::{ColumnRef, Expression, ParameterTypes, Scope, Type};
use crate::audit::snapshot::{COMPANY, ColumnSpec, ColumnType, CurrencyOf, History, Normaliser, Read, TableSpec, Tax};
use crate::problem::{Node, Problems, Section, Sink, SourceText, read};

/// How a source is asked for a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// By an SQL statement.
    Query,
    /// By the name of a file.
    File,
}

/// The sources a table may name.
pub type Sources = BTreeMap<String, Asking>;

/// Reads one table file; its stem is the table's name. `sources` is `None` when the file that lists them could not be
/// read, so that naming one is no second fault.
pub fn read_table(file: &SourceText, sources: Option<&Sources>) -> Result<TableSpec, Problems> {
    let sink = Sink::default();
    let name = file.stem();
    if !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-') {
        let sentence = format!("the file's name without its ending, {name}, is the table's name and cannot be used");
        sink.push(crate::problem::Problem::of_file(&file.path, sentence, "letters, digits, - and _"));
    }
    let table = read(file, &sink, |section| {
        let table = table(section, &name, sources);
        section.finish();
        table
    });
    sink.answer(table)
}

/// Reads the keys of a table file from `section`: a file's top level, or a side that writes its table inline. The
/// caller finishes the section.
pub(super) fn table(section: &Section<'_>, name: &str, sources: Option<&Sources>) -> Option<TableSpec> {
    // A table inside a rule is named after its rule and its side, with a point between.
    let whence = sources::read(section, sources, name.contains('.'));
    let read = statement(section, whence.as_ref().and_then(|whence| whence.asking));
    let of_companies = whence.as_ref().is_some_and(|whence| !whence.companies.is_empty());
    let columns = columns(section);
    let columns = columns.and_then(|own| if of_companies { sources::with_company(section, own) } else { Some(own) });
    let known: Vec<&str> = columns.iter().flatten().map(|column| column.name.as_str()).collect();
    let named = |node: Node<'_>| {
        let name = node.filled()?;
        // Columns that could not be read are reported at their own place.
        if columns.is_some() && !known.contains(&name.as_str()) {
            node.unknown(format!("{} is no column of this table", node.written()), &name, known.iter().copied());
            return None;
        }
        Some(name)
    };
    let unique = match section.get("unique") {
        Some(node) => node.texts(1).and_then(|texts| texts.into_iter().map(|(_, node)| named(node)).collect()),
        None => Some(Vec::new()),
    };
    let date = section.get("date").map(named);
    let dated = date.iter().flatten().all(|date| is_date(section, date, columns.as_deref()));
    let history = section.get("history").map(|node| node.one_of(&HISTORIES));
    let dating = date.as_ref().and_then(Option::as_deref);
    let guards = section.get("guards").map(|node| guards::read(&node, columns.as_deref(), dating));
    let fits = match (&read, &columns) {
        (Some(read), Some(columns)) => file_layout::fits(section, read, columns),
        _ => true,
    };
    let unique = unique.map(|unique| of_a_company(unique, of_companies));
    let whence = whence?;
    (dated && fits).then_some(TableSpec {
        name: name.to_owned(),
        source: whence.source,
        companies: whence.companies,
        read: read?,
        unique: unique?,
        date: date.map_or(Some(None), |date| date.map(Some))?,
        history: history.unwrap_or(Some(History::Dated))?,
        guards: guards.unwrap_or_default(),
        columns: columns?,
    })
}

/// The document's own key of a table of several companies: two companies may give one number to two documents.
fn of_a_company(unique: Vec<String>, of_companies: bool) -> Vec<String> {
    let tagged = !of_companies || unique.is_empty() || unique.iter().any(|column| column == COMPANY);
    if tagged { unique } else { [COMPANY.to_owned()].into_iter().chain(unique).collect() }
}

/// Whether the column that dates a row is one of dates.
fn is_date(section: &Section<'_>, date: &str, columns: Option<&[ColumnSpec]>) -> bool {
    let column = columns.and_then(|columns| columns.iter().find(|column| column.name == date));
    let kind = column.map(|column| &column.kind).filter(|kind| !matches!(kind, ColumnType::Date | ColumnType::Instant));
    if let (Some(kind), Some(node)) = (kind, section.get("date")) {
        node.problem(format!("{date} is a {} column", kind.name()), "a date or instant column");
    }
    kind.is_none()
}

const HISTORIES: [(&str, History); 2] = [("dated", History::Dated), ("now_only", History::NowOnly)];

/// Exactly one of `query` and `file`, and the one the source understands.
fn statement(section: &Section<'_>, asking: Option<Asking>) -> Option<Read> {
    let (query, file) = (section.get("query"), section.get("file"));
    match (query, file) {
        (Some(query), None) => {
            if asking == Some(Asking::File) {
                query.name_problem("this source is a folder of files and answers no query", "file = \"…\"");
                return None;
            }
            let query = query.filled();
            query.filter(|_| file_layout::refuse(section)).map(Read::Query)
        }
        (None, Some(file)) => {
            if asking == Some(Asking::Query) {
                file.name_problem("this source is a database and has no files", "query = \"select …\"");
                return None;
            }
            file_layout::file(section, &file).map(Read::File)
        }
        (Some(_), Some(file)) => {
            file.name_problem("a table has either a query or a file, not both", "only one of them");
            None
        }
        (None, None) => {
            let accepted = "query = \"select …\" for a database, file = \"….csv\" for a folder of files";
            section.problem("the table does not say what to read", accepted);
            None
        }
    }
}

fn columns(section: &Section<'_>) -> Option<Vec<ColumnSpec>> {
    let accepted = "a section [columns] with one line per column: order_no = { type = \"text\" }";
    let node = section.need("columns", accepted)?;
    let entries = node.section()?.entries();
    if entries.is_empty() {
        node.problem("the table has no columns", accepted);
        return None;
    }
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    let read: Vec<Option<ColumnSpec>> = entries.iter().map(|(name, node)| column(name, node, &names)).collect();
    let columns: Vec<ColumnSpec> = read.into_iter().collect::<Option<_>>()?;
    let unlike = |(_, node): &&(String, Node<'_>)| {
        let currency = names_text(node, "currency", "currency codes", &columns);
        !(names_text(node, "unit", "units", &columns) && currency)
    };
    let sound = entries.iter().filter(unlike).count() == 0;
    let signs: Vec<Option<Option<Expression>>> = entries.iter().map(|(_, node)| negate_when(node, &columns)).collect();
    let signs: Vec<Option<Expression>> = signs.into_iter().collect::<Option<_>>()?;
    let signed = |(column, negate_when)| ColumnSpec { negate_when, ..column };
    sound.then(|| columns.into_iter().zip(signs).map(signed).collect())
}

/// Whether the column that stands under `key` of a column's section holds text.
fn names_text(node: &Node<'_>, key: &str, what: &str, columns: &[ColumnSpec]) -> bool {
    let Some(named) = node.section().and_then(|section| section.get(key)) else { return true };
    let name = named.value().as_str();
    let column = columns.iter().find(|column| name == Some(&column.name));
    let kind = column.map(|column| &column.kind).filter(|kind| **kind != ColumnType::Text);
    if let Some(kind) = kind {
        let sentence = format!("{} is a {} column, which holds no {what}", named.written(), kind.name());
        named.problem(sentence, "a text column");
    }
    kind.is_none()
}

/// The condition under which a column's sign is turned, over all columns of the table. The outer `None` says that it
/// is wrong.
fn negate_when(node: &Node<'_>, columns: &[ColumnSpec]) -> Option<Option<Expression>> {
    let Some(node) = node.section().and_then(|section| section.get("negate_when")) else { return Some(None) };
    let text = node.filled()?;
    let reference = |column: &ColumnSpec| ColumnRef { side: None, column: column.name.clone() };
    let scope: Scope = columns.iter().map(|column| (reference(column), Type::from(&column.kind))).collect();
    match Expression::parse(&text, &scope, &ParameterTypes::new()) {
        Ok(condition) if condition.kind() == Type::Boolean => Some(Some(condition)),
        Ok(_) => {
            let sentence = format!("{} is no condition: it is neither true nor false", node.written());
            node.problem(sentence, "a comparison such as kind = 'credit'");
            None
        }
        Err(fault) => {
            node.part_problem(fault.at, fault.sentence, fault.accepted);
            None
        }
    }
}

const TYPES: [(&str, &str); 7] = [
    ("text", "text"),
    ("money", "money"),
    ("quantity", "quantity"),
    ("number", "number"),
    ("date", "date"),
    ("instant", "instant"),
    ("boolean", "boolean"),
];

/// Where keys about figures belong.
const FIGURES: &str = "a money, quantity or number column";

fn column(name: &str, node: &Node<'_>, columns: &[&str]) -> Option<ColumnSpec> {
    let sound = node.check_name(name, false);
    let section = node.section()?;
    let accepted = "type = \"text\", \"money\", \"quantity\", \"number\", \"date\", \"instant\" or \"boolean\"";
    let kind = section.need("type", accepted).and_then(|node| node.one_of(&TYPES));
    let kind = kind.and_then(|kind| column_type(&section, kind, columns));
    let decimal = kind.as_ref().is_none_or(|kind| kind.scale().is_some());
    let negate = section.get("sign").map_or(Some(false), |node| match (decimal, node.integer()?) {
        (false, _) => misplaced(&node, FIGURES),
        (true, 1) => Some(false),
        (true, -1) => Some(true),
        _ => {
            node.problem(format!("{} is no sign", node.written()), "1 or -1");
            None
        }
    });
    // The condition is read when all columns are known; here only its place is judged.
    let turned = section.get("negate_when").is_none_or(|node| decimal || misplaced::<()>(&node, FIGURES).is_some());
    let unit = section.get("unit").map_or(Some(None), |node| match &kind {
        Some(ColumnType::Quantity { .. }) | None => unit(&node, columns).map(Some),
        Some(_) => misplaced(&node, "a quantity column"),
    });
    let header = section.get("header").map_or(Some(false), |node| match decimal {
        true => node.boolean(),
        false => misplaced(&node, FIGURES),
    });
    let from = section.get("from").map_or_else(|| Some((name.to_owned(), Vec::new())), |node| names(&node));
    let fill_down = section.get("fill_down").map_or(Some(false), |node| node.boolean());
    let normalise = section.get("normalise").map_or(Some(Vec::new()), |node| normalisers(&node));
    let null_words = section
        .get("null_words")
        .map_or(Some(Vec::new()), |node| node.texts(1).map(|texts| texts.into_iter().map(|(text, _)| text).collect()));
    section.finish();
    let (from, also) = from?;
    (sound && turned).then_some(ColumnSpec {
        name: name.to_owned(),
        from,
        also,
        kind: kind?,
        normalise: normalise?,
        null_words: null_words?,
        negate: negate?,
        negate_when: None,
        unit: unit?,
        header: header?,
        fill_down: fill_down?,
    })
}

/// The name a column goes by in its source, and the others it may go by instead.
fn names(node: &Node<'_>) -> Option<(String, Vec<String>)> {
    if node.value().as_str().is_some() {
        return node.filled().map(|name| (name, Vec::new()));
    }
    let mut names = node.texts(1)?.into_iter().map(|(name, _)| name);
    names.next().map(|first| (first, names.collect()))
}

fn normalisers(node: &Node<'_>) -> Option<Vec<Normaliser>> {
    let words = [Normaliser::Trim, Normaliser::Upper, Normaliser::HalfWidth].map(|step| (step.name(), step));
    node.texts(1)?.into_iter().map(|(_, step)| step.one_of(&words)).collect()
}

fn column_type(section: &Section<'_>, kind: &str, columns: &[&str]) -> Option<ColumnType> {
    let usual = match kind {
        "money" => Some(2),
        "quantity" => Some(4),
        "number" => Some(0),
        _ => None,
    };
    let scale = section.get("scale").map_or(Some(usual.unwrap_or_default()), |node| {
        if usual.is_none() {
            return misplaced(&node, FIGURES);
        }
        let scale = node.integer()?;
        match u8::try_from(scale).ok().filter(|scale| *scale <= MAX_SCALE) {
            Some(scale) => Some(scale),
            None => {
                let accepted = format!("0 to {MAX_SCALE} digits after the point");
                node.problem(format!("{} is no scale", node.written()), accepted);
                None
            }
        }
    });
    let currency = section.get("currency").map(|node| match kind {
        "money" => currency(&node, columns),
        _ => misplaced(&node, "a money column"),
    });
    let tax = section.get("tax").map(|node| match kind {
        "money" => node.one_of(&[("included", Tax::Included), ("excluded", Tax::Excluded)]),
        _ => misplaced(&node, "a money column"),
    });
    let (scale, currency) = (scale?, currency.unwrap_or(Some(CurrencyOf::Business))?);
    let tax = tax.unwrap_or(Some(Tax::Unknown))?;
    Some(match kind {
        "text" => ColumnType::Text,
        "money" => ColumnType::Money { scale, currency, tax },
        "quantity" => ColumnType::Quantity { scale },
        "number" => ColumnType::Number { scale },
        "date" => ColumnType::Date,
        "instant" => ColumnType::Instant,
        _ => ColumnType::Boolean,
    })
}

/// A column of the same table.
fn unit(node: &Node<'_>, columns: &[&str]) -> Option<String> {
    let name = node.filled()?;
    if columns.contains(&name.as_str()) {
        return Some(name);
    }
    node.unknown(format!("{} is no column of this table", node.written()), &name, columns.iter().copied());
    None
}

/// A column of the same table, or a code.
fn currency(node: &Node<'_>, columns: &[&str]) -> Option<CurrencyOf> {
    let text = node.filled()?;
    if columns.contains(&text.as_str()) {
        return Some(CurrencyOf::Column(text));
    }
    if is_currency_code(&text) {
        return Some(CurrencyOf::Fixed(text));
    }
    let sentence = format!("{} is neither a column of this table nor a currency code", node.written());
    node.unknown(sentence, &text, columns.iter().copied().chain(["a code such as CNY"]));
    None
}

/// Whether `text` has the form of an ISO 4217 code.
pub fn is_currency_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// A key that has no meaning on a column of this type.
fn misplaced<T>(node: &Node<'_>, place: &str) -> Option<T> {
    node.name_problem(
        format!("{} has no meaning on a column of this type", node.name()),
        format!("it belongs to {place}"),
    );
    None
}
