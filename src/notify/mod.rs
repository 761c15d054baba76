//! Telling: who, what and why now (`plan`), in which words (`letter`), by which channel (`email`).

pub mod email;
pub mod letter;
pub mod plan;
