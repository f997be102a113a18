//! The `garm` binary.

fn main() {}
