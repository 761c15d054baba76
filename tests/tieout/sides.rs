//! What a side of a reconcile rule can make of its table before anything is compared.

mod aggregates;
mod conversions;
mod derived;
mod lookups;
mod meaning;
mod oracle;
mod reach;
mod scope;
mod settled;
mod signs;
mod units;
