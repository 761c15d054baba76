//! tieout proves the sales, warehouse and finance tables of a trading company against each other.

pub mod audit;
pub mod commands;
pub mod config;
pub mod demo;
pub mod language;
pub mod metrics;
pub mod notify;
pub mod problem;
pub mod report;
pub mod run;
pub mod schedule;
pub mod serve;
pub mod sources;
pub mod store;
pub mod web;
pub mod words;
