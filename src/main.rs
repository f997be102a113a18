//! The `garm` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    garm::cli::main()
}
