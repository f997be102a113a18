//! The private key of a forge's App: an RSA key in PEM form that can sign statements about the App.

use jsonwebtoken::{Algorithm, EncodingKey, Header};

use crate::model::{SecretString, expose};

/// Why a text is no private key of an App, with the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// There is no key in it.
    #[error("it is not a private key in PEM form; send the .pem file that the forge made for the App, as it is")]
    NotPem,
    /// There is another part of a key, or something beside keys.
    #[error("it is a public key or a certificate; send the private key, the .pem file that the forge made for the App")]
    Public,
    /// It needs a passphrase.
    #[error("the key is encrypted; remove its passphrase with `openssl rsa -in KEY -out NEW`")]
    Encrypted,
    /// It is a key of another kind.
    #[error("it is no RSA key; send the .pem file that the forge made for the App")]
    OtherKind,
    /// It is damaged or too short.
    #[error("the key cannot sign: it is damaged, or no RSA key of 2,048 bits or more; make a new key at the forge")]
    CannotSign,
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// The length of a line of a PEM file.
const LINE: usize = 64;

/// The private key in a text, by itself: with the line ends that a PEM file has, and nothing around it.
///
/// # Errors
/// When it cannot sign.
pub fn check(text: &SecretString) -> Result<SecretString, Unusable> {
    // Line ends are lost on the way through variables of the environment, or come as the two characters \n.
    let text = expose(text).replace("\\n", "\n");
    let (label, body) = private_section(&text)?;
    if body.contains("ENCRYPTED") {
        return Err(Unusable::Encrypted);
    }
    let body: Vec<char> = body.chars().filter(|c| !c.is_whitespace()).collect();
    let lines: String = body.chunks(LINE).flat_map(|line| line.iter().copied().chain(['\n'])).collect();
    let pem = format!("{BEGIN}{label}{DASHES}\n{lines}-----END {label}{DASHES}\n");
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| Unusable::OtherKind)?;
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &serde_json::json!({}), &key).map_err(|_| Unusable::CannotSign)?;
    Ok(SecretString::from(pem))
}

/// The label of the first private key, and the text between its two markers.
fn private_section(text: &str) -> Result<(&str, &str), Unusable> {
    let mut refused = Unusable::NotPem;
    for section in text.split(BEGIN).skip(1) {
        let Some((label, rest)) = section.split_once(DASHES) else { continue };
        match label {
            "PRIVATE KEY" | "RSA PRIVATE KEY" => {
                let (body, _) = rest.split_once("-----END ").ok_or(Unusable::NotPem)?;
                return Ok((label, body));
            }
            "ENCRYPTED PRIVATE KEY" => refused = Unusable::Encrypted,
            _ if label.ends_with("PRIVATE KEY") => refused = Unusable::OtherKind,
            "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => refused = Unusable::Public,
            _ => {}
        }
    }
    Err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../testdata/keys/app.pem");
    const PUBLIC: &str = include_str!("../../testdata/keys/app.pub.pem");
    const OF_1024_BITS: &str = include_str!("../../testdata/keys/app-1024-bits.pem");

    fn checked(text: &str) -> Result<String, Unusable> {
        check(&SecretString::from(text)).map(|key| expose(&key).to_owned())
    }

    #[test]
    fn a_key_is_found_whatever_became_of_its_line_ends_and_whatever_stands_around_it() {
        let in_one_line = KEY.trim().replace('\n', "\\n");
        let for_windows = format!("\u{feff}{}", KEY.replace('\n', "\r\n"));
        let with_its_public_half = format!("{PUBLIC}\nsubject=App\n{KEY}\n\n");
        for text in [KEY, &in_one_line, &for_windows, &KEY.replace('\n', " "), &with_its_public_half] {
            let key = checked(text).expect(text);
            assert_eq!(key, KEY, "{text}");
        }
    }

    #[test]
    fn what_cannot_sign_is_refused_with_the_way_out_and_without_the_key() {
        let section = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        // A key for elliptic curves, made for this test.
        let elliptic = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvRBRXcbq4VpLzjwWNes/4ObxQYnRVIWpYoth/bNXV4WhRANCAAQHiYYs2VVWVADnLskgYE/X1iWYvnuIUQb77wIR7Gt4UeZsgvDbpyBbMZAogzTMyGQuEnI1uvjYcQMFyHj2l0xh";
        let table = [
            ("", Unusable::NotPem),
            ("ghp_token", Unusable::NotPem),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", Unusable::NotPem),
            (PUBLIC, Unusable::Public),
            (&section("CERTIFICATE", "MIIB"), Unusable::Public),
            (&section("ENCRYPTED PRIVATE KEY", "MIIF"), Unusable::Encrypted),
            (&section("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIE"), Unusable::Encrypted),
            (&section("OPENSSH PRIVATE KEY", "b3Bl"), Unusable::OtherKind),
            (&section("PRIVATE KEY", elliptic), Unusable::OtherKind),
            (OF_1024_BITS, Unusable::CannotSign),
            (&KEY.replacen("MII", "MIJ", 1), Unusable::OtherKind),
        ];
        for (text, expected) in table {
            assert_eq!(checked(text), Err(expected), "{text}");
        }
        let middle = KEY.lines().nth(9).expect("a long key");
        assert!(matches!(checked(&KEY.replace(middle, "")), Err(Unusable::CannotSign | Unusable::OtherKind)), "a line is missing");
    }
}
