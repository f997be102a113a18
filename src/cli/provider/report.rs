//! A report of the kit as people read it.

use crate::cli::Error;
use crate::cli::output::{Tone, line, styled_line, toned};
use crate::kit::{Check, Evidence, Finding, Group, Report, Verdict};
use crate::model::visible;

/// How long lines may be.
const WIDTH: usize = 110;

/// How many lines of an output are shown.
const OUTPUT_LINES: usize = 12;

/// Prints the findings in sections: a line for each that holds, and all that helps to mend the others.
pub(super) fn show(report: &Report) -> Result<(), Error> {
    let starts = report.finding(Check::Starts);
    if starts.verdict == Verdict::Fail {
        // All other findings say that they were not checked for this reason.
        show_finding(starts)?;
        line("")?;
        return styled(&summary(report));
    }
    let mut groups: Vec<Group> = Vec::new();
    for check in Check::ALL {
        if !groups.contains(&check.group()) {
            groups.push(check.group());
        }
    }
    let (run, not_run): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| report.live || !group.needs_live());
    for group in run {
        styled(&toned(group.title(), Tone::Head))?;
        report.findings.iter().filter(|finding| finding.check.group() == group).try_for_each(show_finding)?;
        line("")?;
    }
    if !not_run.is_empty() {
        let titles: Vec<_> = not_run.iter().map(|group| group.title().to_lowercase()).collect();
        line(&wrapped(&format!("Not checked without --live, which makes machines: {}.", titles.join("; ")), ""))?;
        line("")?;
    }
    styled(&summary(report))
}

/// Prints a line that may have colours.
fn styled(text: &str) -> Result<(), Error> {
    styled_line(text).map(drop)
}

fn show_finding(finding: &Finding) -> Result<(), Error> {
    let width = Check::ALL.iter().map(|check| check.id().len()).max().unwrap_or_default();
    let (word, tone) = match finding.verdict {
        Verdict::Pass => ("pass", Tone::Good),
        Verdict::Skip => ("skip", Tone::Dim),
        Verdict::Warn => ("WARN", Tone::Odd),
        Verdict::Fail => ("FAIL", Tone::Bad),
    };
    let head = format!("  {}  {:width$}", toned(word, tone), finding.id);
    match finding.verdict {
        Verdict::Pass if finding.detail.is_empty() => return styled(&format!("{head}  {}", finding.title)),
        Verdict::Pass => return styled(&format!("{head}  {} {}", finding.title, toned(&format!("({})", finding.detail), Tone::Dim))),
        Verdict::Skip => return styled(&format!("{head}  {}", toned(&finding.detail, Tone::Dim))),
        Verdict::Warn | Verdict::Fail => styled(&format!("{head}  {}", finding.title))?,
    }
    let indent = "        ";
    line(&wrapped(&finding.detail, indent))?;
    // A description that is not supported needs no proof.
    if finding.verdict == Verdict::Fail || finding.check.group() != Group::Descriptions {
        finding.evidence.iter().try_for_each(|evidence| show_evidence(evidence, indent))?;
    }
    if let Some(mend) = finding.mend {
        line(&wrapped(&format!("mend: {mend}"), indent))?;
    }
    line(&format!("{indent}more: {}", finding.reference))
}

/// Prints the call, so that a person can try it, and its outcome.
fn show_evidence(evidence: &Evidence, indent: &str) -> Result<(), Error> {
    styled(&format!("{indent}{}", toned(&format!("$ {}", evidence.call), Tone::Dim)))?;
    line(&format!("{indent}  {} after {} ms", evidence.status, evidence.milliseconds))?;
    for (name, text) in [("stdout", &evidence.stdout), ("stderr", &evidence.stderr)] {
        let lines: Vec<_> = text.lines().collect();
        let skipped = lines.len().saturating_sub(OUTPUT_LINES);
        if skipped > 0 {
            line(&format!("{indent}  {name}: ... {skipped} lines"))?;
        }
        for text in &lines[skipped..] {
            line(&format!("{indent}  {name}: {}", visible(text)))?;
        }
    }
    Ok(())
}

/// The number of findings of each verdict, and the names of the bad ones, which are far above in a long report.
fn summary(report: &Report) -> String {
    let counts = report.summary;
    let (word, tone) = if report.passed { ("keeps the contract", Tone::Good) } else { ("does not keep the contract", Tone::Bad) };
    let mut text = format!(
        "{} {}: {} passed, {} warned, {} failed, {} not checked",
        visible(&report.executable.to_string_lossy()),
        toned(word, tone),
        counts.pass,
        counts.warn,
        counts.fail,
        counts.skip
    );
    for (verdict, word) in [(Verdict::Warn, "warned"), (Verdict::Fail, "failed")] {
        let ids: Vec<_> = report.findings.iter().filter(|finding| finding.verdict == verdict).map(|finding| finding.id).collect();
        if !ids.is_empty() {
            text.push('\n');
            text.push_str(&wrapped(&format!("{word}: {}", ids.join(", ")), "  "));
        }
    }
    text
}

/// Breaks a text into indented lines that are not too long.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is a line from the beginning");
        if !last.is_empty() && indent.len() + last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}
