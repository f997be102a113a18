//! Tests that do less than they could.

/// Says that a test does less than it could.
#[expect(clippy::print_stderr, reason = "a test that does less than it could says so")]
pub(crate) fn skipped(what: &str) {
    eprintln!("skipped {what}");
}
