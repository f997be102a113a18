//! Secrets, as they come from files, from the environment and from forms. No error shows one.

use super::super::{SecretString, expose};
use super::text::{InvalidValue, trim};

/// The longest token or secret, in bytes.
const SECRET_MAX: usize = 4096;

/// A token that goes into the header of a request: without the blanks and line ends around it.
///
/// # Errors
/// When it is empty or too long, or has others than printable ASCII characters in it.
pub fn token(given: &SecretString) -> Result<SecretString, InvalidValue> {
    let token = trim(expose(given));
    if token.is_empty() {
        return Err(InvalidValue::new("it must not be empty"));
    }
    if token.len() > SECRET_MAX || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidValue::new(format!(
            "it has more than {SECRET_MAX} bytes, or a blank, a line end or a letter that is not ASCII in it; copy the token alone"
        )));
    }
    Ok(SecretString::from(token))
}

/// The secret of a webhook: without the line ends behind it, which a file has and a form cannot take. Blanks may be meant and stay.
///
/// # Errors
/// When it is empty or too long, or has a control character in it.
pub fn webhook_secret(given: &SecretString) -> Result<SecretString, InvalidValue> {
    let secret = without_line_ends(expose(given));
    if secret.is_empty() {
        return Err(InvalidValue::new("it must not be empty"));
    }
    if secret.len() > SECRET_MAX || secret.contains(char::is_control) {
        return Err(InvalidValue::new(format!("it has more than {SECRET_MAX} bytes, or a line end or another control character in it")));
    }
    Ok(SecretString::from(secret))
}

/// A password: without the line ends behind it.
#[must_use]
pub fn password(given: &SecretString) -> SecretString {
    SecretString::from(without_line_ends(expose(given)))
}

fn without_line_ends(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}
