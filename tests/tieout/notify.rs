//! Telling: the words, who is told what and why now, the letter, and how it travels.

mod email;
mod letter;
mod made;
mod plan;
pub mod sink;
mod words;
