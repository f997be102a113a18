//! The `garm` binary.

use std::process::ExitCode;

/// The C library's allocator keeps the memory of a burst of requests for as long as the server runs. This one gives it back within ten seconds.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    garm::cli::main()
}
