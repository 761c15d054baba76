//! The quiet room: judging, from tables to breaks and from breaks to changes of exceptions.
//!
//! PURE. Nothing here names sqlx, tokio, lettre or axum, opens a file or a socket, reads a clock, or draws a random
//! number: as-of time, ids and past figures come from the caller. The same snapshot, rules and open list give the
//! same result, byte for byte.

pub mod account;
pub mod ageing;
pub mod amount;
pub mod breaks;
pub mod calendar;
pub mod companies;
pub mod diagnosis;
pub mod exception;
pub mod expression;
mod fraction;
pub mod judge;
pub mod judgement;
pub mod matching;
pub mod moments;
pub mod reach;
pub mod recheck;
pub mod replenishment;
pub mod rulebook;
pub mod rules;
pub mod snapshot;
pub mod suggest;
mod sum;
pub mod swing;
pub mod value;
mod wide;
