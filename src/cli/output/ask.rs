//! Questions to the person at the terminal.

use std::io::{self, IsTerminal, Write};

use super::note;
use crate::cli::Error;
use crate::crypto::password::check_strength;
use crate::model::{SecretString, expose};

/// Whether somebody is there to answer.
pub(in crate::cli) fn somebody_is_there() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a text; an empty answer, and nobody to ask, mean the default.
pub(in crate::cli) fn ask(question: &str, default: &str) -> Result<String, Error> {
    if !somebody_is_there() {
        return Ok(default.to_owned());
    }
    put(&if default.is_empty() { format!("{question}: ") } else { format!("{question} [{default}]: ") });
    let answer = read_line()?;
    Ok(if answer.is_empty() { default.to_owned() } else { answer })
}

/// Asks whether to go on; only `y` and `yes` mean it. An answer may come through a pipe, but where there is none, nothing is decided.
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
    use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
    let stdin = io::stdin();
    let shown = tcgetattr(&stdin).ok();
    if let Some(shown) = &shown {
        put(&format!("{question}: "));
        let mut hidden = shown.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(&stdin, SetArg::TCSANOW, &hidden).map_err(|fault| Error::from_fault("cannot hide what is typed", &fault))?;
    }
    let answer = read_line();
    if let Some(shown) = &shown {
        tcsetattr(&stdin, SetArg::TCSANOW, shown).map_err(|fault| Error::from_fault("cannot restore the terminal", &fault))?;
        note("");
    }
    answer.map(SecretString::from)
}

/// Asks for a password that is to be set: again while it is too easy to guess, and twice on a terminal, where nobody sees what is typed and a slip
/// would lock its author out.
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
    eprint!("{text}");
    // What cannot be shown is seen by nobody; the answer decides.
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
