//! tieout proves the sales, warehouse and finance tables of a trading company against each other.
//!
//! The map, in the order data walks. One job is one line:
//!
//! ```text
//! schedule -> pull -> normalise -> judge -> record -> tell -> measure
//!    |          |         |          |        |        |        |
//! schedule   sources   audit::    audit::   store    notify   metrics
//!                      snapshot   judge
//! ```
//!
//! Before there is a line, `explore` looks at what sources hold and proposes table files and rules.
//!
//! `run` is the only file that knows the whole line. What must be absent is as much of the map as what is there, and
//! `tests/tieout/architecture.rs` holds it:
//!
//! - `audit` is pure: no database, network, file, clock, log or chance, and no other room but `language` and `problem`.
//! - `sources`, `store`, `notify`, `metrics` and `web` stand side by side: `sources` returns tables and never breaks,
//!   `notify` is handed what happened and never looks it up; only `web` reads the store and shows the metrics.
//! - The machine's clock is read in `schedule` and nowhere else; everybody else is told what time it is.
//! - No room is called utils, helpers, common or manager.

// What a user wrote, and what it means.
pub mod config;
pub mod language;
pub mod problem;

// The line of a job.
pub mod audit;
pub mod metrics;
pub mod notify;
pub mod run;
pub mod schedule;
pub mod sources;
pub mod store;

// What people see.
pub mod commands;
pub mod demo;
pub mod explore;
pub mod progress;
pub mod report;
pub mod rule_test;
pub mod serve;
pub mod web;
pub mod words;
