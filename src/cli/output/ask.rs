//! Questions to the person at the terminal.

use std::io::{self, IsTerminal, Write};

use super::note;
use crate::cli::Error;
use crate::crypto::password::check_strength;
use crate::model::{SecretString, expose, visible_lines};

/// Whether a person can answer.
pub(in crate::cli) fn somebody_is_there() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a text. An empty answer means the default; so does input that is not a terminal.
pub(in crate::cli) fn ask(question: &str, default: &str) -> Result<String, Error> {
    if !somebody_is_there() {
        return Ok(default.to_owned());
    }
    put(&if default.is_empty() { format!("{question}: ") } else { format!("{question} [{default}]: ") });
    let answer = read_line()?;
    Ok(if answer.is_empty() { default.to_owned() } else { answer })
}

/// Asks whether to go on; only `y` and `yes` agree. The answer may come through a pipe. An empty pipe is an error, not a no.
pub(in crate::cli) fn confirm(question: &str, flag: &str) -> Result<bool, Error> {
    put(&format!("{question} [y/N] "));
    let answer = read_line()?;
    if answer.is_empty() && !somebody_is_there() {
        note("");
        return Err(Error::new("nobody is there to answer").hint(format!("{flag} goes on without asking")));
    }
    Ok(["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

/// Asks for a secret on the terminal without showing it; without a terminal, the first line of standard input.
pub(in crate::cli) fn ask_secret(question: &str) -> Result<SecretString, Error> {
    if !somebody_is_there() {
        return read_line().map(SecretString::from);
    }
    put(&format!("{question}: "));
    rpassword::read_password().map(SecretString::from).map_err(|fault| Error::from_fault("cannot read a secret from the terminal", &fault))
}

/// Asks for a new password, again while it is too weak. On a terminal it is typed twice, because a hidden slip would lock the user out.
pub(in crate::cli) fn ask_new_password(question: &str) -> Result<SecretString, Error> {
    loop {
        let first = ask_secret(question)?;
        if !somebody_is_there() {
            return Ok(first);
        }
        if let Err(weak) = check_strength(&first) {
            note(&weak.to_string());
        } else if expose(&ask_secret(&format!("{question}, again"))?) == expose(&first) {
            return Ok(first);
        } else {
            note("the two differ");
        }
    }
}

#[expect(clippy::print_stderr, reason = "questions are printed like everything else here")]
fn put(text: &str) {
    eprint!("{}", visible_lines(text));
    // A question that cannot be shown is no error: the answer decides.
    drop(io::stderr().flush());
}

fn read_line() -> Result<String, Error> {
    let mut text = String::new();
    let read = io::stdin().read_line(&mut text).map_err(|fault| Error::from_fault("cannot read from standard input", &fault))?;
    if read == 0 && somebody_is_there() {
        return Err(Error::new("no answer; nothing was done"));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
