//! First rules.
