//! How much a process has used, and the rows that a benchmark prints.

use std::fs;

use serde_json::{Map, Value};

use crate::harness::Database;

/// The use of a process so far.
pub(crate) struct Usage {
    /// Processor time, in seconds.
    pub(crate) cpu: f64,
    /// Resident memory, in MiB.
    pub(crate) resident: f64,
}

impl Usage {
    pub(crate) fn of(process: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
        // After the name, which may have blanks: user and system time are the 12th and 13th.
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name in brackets").1.split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().expect("a number")).sum();
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")).expect("it is told");
        // Linux counts 100 ticks a second on every machine that this runs on (`getconf CLK_TCK`).
        Self { cpu: ticks / 100.0, resident: resident.parse::<f64>().expect("a number") / 1024.0 }
    }
}

pub(super) fn name_of(database: &Database) -> &'static str {
    if matches!(database, Database::Sqlite) { "SQLite" } else { "PostgreSQL" }
}

/// Prints a row: `benches/serve` makes the table and the JSON of these lines.
#[expect(clippy::print_stderr, reason = "the numbers of a run are its result")]
pub(crate) fn print_row(measure: &str, database: &str, figures: &[(&str, f64)]) {
    let mut row = Map::from_iter([("measure".to_owned(), Value::from(measure)), ("database".to_owned(), Value::from(database))]);
    row.extend(figures.iter().map(|(name, figure)| ((*name).to_owned(), Value::from((figure * 1_000.0).round() / 1_000.0))));
    eprintln!("ROW {}", Value::from(row));
}

/// The value at this share of a sorted list.
pub(crate) fn at_share(sorted: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short list")]
    let place = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[place]
}
