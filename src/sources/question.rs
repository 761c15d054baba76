//! A query as a database server is asked it: one statement that reads, and the values that are bound to it.

use super::parameters::{self, Dialect};
use super::{Fault, wrong_read};
use crate::audit::expression::Parameters;
use crate::audit::snapshot::{Read, TableSpec};
use crate::audit::value::Value;

/// What a query may begin with. Everything else could end the transaction or set a switch.
const QUERY_WORDS: [&str; 4] = ["select", "with", "values", "table"];

/// A name as a source takes it between quotes of its own, whatever it is made of.
pub(super) fn quoted(name: &str, quote: char) -> String {
    let doubled = format!("{quote}{quote}");
    format!("{quote}{}{quote}", name.replace(quote, &doubled))
}

/// A query that was looked at, and found to be one.
pub(super) struct Question<'q> {
    /// Without the semicolon that may end it.
    query: &'q str,
    dialect: Dialect,
    /// Its parameters, each once, in order of appearance.
    bound: Vec<(&'q str, &'q Value)>,
    /// Every parameter there is.
    parameters: &'q Parameters,
}

impl<'q> Question<'q> {
    /// What a table of a source of this `kind` asks for. That the server only reads is its own to hold; what is seen
    /// here is told in better words.
    pub fn of(
        spec: &'q TableSpec,
        parameters: &'q Parameters,
        kind: &'static str,
        dialect: Dialect,
    ) -> Result<Question<'q>, Fault> {
        let Read::Query(query) = &spec.read else {
            return Err(wrong_read(kind, &spec.read));
        };
        let query = parameters::without_end(query, dialect);
        let bound = parameters::bind(query, dialect, parameters)
            .map_err(|name| Fault::UnknownParameter { name: name.to_owned(), known: known(parameters) })?;
        let question = Question { query, dialect, bound, parameters };
        if parameters::has_foreign_placeholder(query, dialect) {
            return Err(question.has_foreign_placeholder());
        }
        let first = parameters::first_word(query, dialect);
        if !QUERY_WORDS.contains(&first.as_str()) {
            return Err(Fault::NotAQuery { found: if first.is_empty() { "nothing".to_owned() } else { first } });
        }
        if parameters::has_several_statements(query, dialect) {
            return Err(Fault::SeveralStatements);
        }
        Ok(question)
    }

    /// The fault of a query with a placeholder that is none of its parameters.
    pub fn has_foreign_placeholder(&self) -> Fault {
        Fault::ForeignPlaceholder { known: known(self.parameters) }
    }

    /// Its parameters with their values, each once, in order of appearance.
    pub fn bound(&self) -> &[(&'q str, &'q Value)] {
        &self.bound
    }

    /// The values of its parameters, each once, in order of appearance.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &'q Value> {
        self.bound.iter().map(|(_, value)| *value)
    }

    /// The text of the query with what `placeholder` answers in the place of each parameter, repeated as they repeat;
    /// it is given the parameter's place in [`Question::values`], and its value.
    pub fn text(&self, mut placeholder: impl FnMut(usize, &'q Value) -> String) -> String {
        parameters::replaced(self.query, self.dialect, |name, _| {
            let at = self.bound.iter().position(|(known, _)| *known == name).unwrap_or_default();
            placeholder(at, self.bound[at].1)
        })
    }
}

fn known(parameters: &Parameters) -> Vec<String> {
    parameters.keys().map(|name| format!(":{name}")).collect()
}
