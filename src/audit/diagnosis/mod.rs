//! Why a break probably happened, and whose figure is the odd one: said with evidence, or not at all.

use serde::{Deserialize, Serialize};

/// What the data itself says of a break beyond that it is one. Empty parts are unknown, which is an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// A likely cause, with typed arguments. Stored beside the break's message and under the same law: a variant may gain
/// optional fields, and never loses or renames one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Cause {
    /// The figures differ by no more than one unit of the last digit of the coarser one.
    Rounding,
}
