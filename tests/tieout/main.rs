//! tieout's specification, as one integration binary.

mod architecture;
mod bench;
mod cli;
mod dashboards;
mod demo;
mod exception;
mod expression;
mod files;
mod harness;
mod kinds;
mod line;
mod matching;
mod metrics;
mod notify;
mod reconcile;
mod report;
mod rule_tests;
mod schedule;
mod severity;
mod sides;
mod snapshot;
mod sources;
mod store;
mod tolerance;
mod value;
mod web;
