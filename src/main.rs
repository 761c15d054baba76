//! The command line and exit codes, nothing else.

fn main() {}
