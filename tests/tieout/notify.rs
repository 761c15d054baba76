//! Telling: the words, who is told what and why now, the letter, and how it travels.

mod email;
mod letter;
mod made;
mod plan;
mod sink;
mod words;
