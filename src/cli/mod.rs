//! The command line: `garm <noun> <verb>`, and `garm serve`.
//!
//! A command has arguments, calls the API and prints the answer. Only [`serve`] puts together the parts of a server.
//! The program accepts the spellings of upstream's client and prints its columns; `docs/cli.md` lists the differences.

mod admin;
mod commands;
mod complete;
mod completion;
mod context;
mod controller;
mod debug_log;
mod demo;
mod entity;
mod error;
mod github;
mod init;
mod invocation;
mod job;
mod man;
mod metrics_token;
mod names;
mod output;
mod pool;
mod profile;
mod program;
mod provider;
mod runner;
mod scale_set;
mod serve;
mod serve_check;
mod service_manager;
mod sets;
mod simulate;
mod switches;
mod template;
#[cfg(test)]
mod tests;
mod util;
mod version;
mod watch;
mod webhook;

use std::process::ExitCode;

use self::context::{Context, changes, read_file};
pub use self::error::Error;

/// Reads the arguments, runs the command and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    if let Some(ended) = complete::answer(invocation::definition) {
        return ended;
    }
    let (command, global) = match invocation::read() {
        Ok(read) => read,
        Err(ended) => return ended,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => return fail(&Error::from_fault("cannot start", &fault)),
    };
    match runtime.block_on(commands::run(command, global)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &Error) -> ExitCode {
    output::note(&error.to_string());
    ExitCode::from(error::EXIT_FAILURE)
}
