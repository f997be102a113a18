//! Sealed columns: what the database holds of a secret.
//!
//! One format of our own is written: a mark, the id of the key, a random nonce, and XChaCha20-Poly1305 over the plain text. Mark and key id
//! are its associated data. Read are, besides, both formats an upstream database may hold: its envelope (a JSON object around a DARE 2.0
//! stream) and, older, bare AES-256-GCM.

use std::fmt;

use aes_gcm::Aes256Gcm;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, XChaCha20Poly1305};
use hkdf::Hkdf;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Error, random};
use crate::model::{SecretString, expose};

/// Begins every value sealed by us; the last byte is the version.
const MARK: &[u8; 5] = b"garm\x01";
const KEY_ID: usize = 4;
const NONCE: usize = 24;

/// Seals and opens secrets with the installation's passphrase.
#[derive(Clone)]
pub struct Sealer {
    passphrase: Zeroizing<[u8; 32]>,
    key: Zeroizing<[u8; 32]>,
    key_id: [u8; KEY_ID],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    /// From the configured passphrase.
    ///
    /// # Errors
    /// [`Error::PassphraseLength`] unless it has exactly 32 bytes.
    pub fn new(passphrase: &SecretString) -> Result<Self, Error> {
        let text = expose(passphrase).as_bytes();
        let passphrase: [u8; 32] = text.try_into().map_err(|_| Error::PassphraseLength(text.len()))?;
        let key = derive(&passphrase, None, b"garm sealed column v1");
        let mut key_id = [0; KEY_ID];
        key_id.copy_from_slice(&Sha256::digest(key.as_slice())[..KEY_ID]);
        Ok(Self { passphrase: Zeroizing::new(passphrase), key, key_id })
    }

    /// Seals a plain text. Sealing the same twice gives different values.
    #[must_use]
    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = random::bytes();
        let head = [MARK.as_slice(), &self.key_id].concat();
        let body = XChaCha20Poly1305::new((&*self.key).into())
            .encrypt((&nonce).into(), Payload { msg: plain, aad: &head })
            .expect("columns are far shorter than the cipher's limit");
        [head, nonce.to_vec(), body].concat()
    }

    /// Opens a sealed value, ours or upstream's.
    ///
    /// # Errors
    /// When it is damaged or was sealed with another key.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        if sealed.starts_with(MARK) {
            return self.open_own(sealed);
        }
        match serde_json::from_slice::<Envelope>(sealed) {
            Ok(envelope) => self.open_envelope(&envelope),
            Err(_) => self.open_bare(sealed),
        }
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// As [`Sealer::open`]; when the plain text is not UTF-8.
    pub fn open_text(&self, sealed: &[u8]) -> Result<SecretString, Error> {
        let plain = self.open(sealed)?;
        std::str::from_utf8(&plain).map(SecretString::from).map_err(|_| Error::Damaged("it is not text"))
    }

    fn open_own(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let short = Error::Damaged("it is too short");
        let (head, rest) = sealed.split_at_checked(MARK.len() + KEY_ID).ok_or_else(|| short.clone())?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(short)?;
        if head[MARK.len()..] != self.key_id {
            return Err(Error::UnknownKey);
        }
        XChaCha20Poly1305::new((&*self.key).into())
            .decrypt(nonce.into(), Payload { msg: body, aad: head })
            .map(Zeroizing::new)
            .map_err(|_| Error::WrongKey)
    }

    fn open_envelope(&self, envelope: &Envelope) -> Result<Zeroizing<Vec<u8>>, Error> {
        let stream = STANDARD.decode(&envelope.data).map_err(|_| Error::Damaged("its data is not base64"))?;
        let key = derive(self.passphrase.as_slice(), Some(&envelope.nonce), b"");
        open_dare(&key, &stream)
    }

    fn open_bare(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (nonce, body) = sealed.split_first_chunk::<12>().ok_or(Error::Damaged("it is too short"))?;
        Aes256Gcm::new((&*self.passphrase).into()).decrypt(nonce.into(), body).map(Zeroizing::new).map_err(|_| Error::WrongKey)
    }
}

/// Upstream's envelope.
#[derive(Deserialize)]
struct Envelope {
    nonce: Vec<u8>,
    data: String,
}

fn derive(secret: &[u8], salt: Option<&[u8]>, info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(salt, secret).expand(info, key.as_mut_slice()).expect("32 bytes are a valid length for SHA-256");
    key
}

/// Opens a DARE 2.0 stream: packages of a 16 byte header (version, cipher, length, nonce), up to 64 KiB and a 16 byte tag.
/// The top bit of the nonce marks the last package, and its last four bytes are `XORed` with the package's number.
fn open_dare(key: &[u8; 32], mut stream: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    const HEADER: usize = 16;
    const TAG: usize = 16;
    let mut plain = Zeroizing::new(Vec::with_capacity(stream.len()));
    let mut number = 0_u32;
    loop {
        let (header, rest) = stream.split_first_chunk::<HEADER>().ok_or(Error::Damaged("a package is cut off"))?;
        if header[0] != 0x20 {
            return Err(Error::Damaged("a package has an unknown version"));
        }
        let length = usize::from(u16::from_le_bytes([header[2], header[3]])) + 1;
        let (body, rest) = rest.split_at_checked(length + TAG).ok_or(Error::Damaged("a package is cut off"))?;
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&header[4..]);
        let is_last = nonce[0] & 0x80 != 0;
        for (byte, with) in nonce[8..].iter_mut().zip(number.to_le_bytes()) {
            *byte ^= with;
        }
        let payload = Payload { msg: body, aad: &header[..4] };
        let opened = match header[1] {
            0 => Aes256Gcm::new(key.into()).decrypt((&nonce).into(), payload),
            1 => ChaCha20Poly1305::new(key.into()).decrypt((&nonce).into(), payload),
            _ => return Err(Error::Damaged("a package has an unknown cipher")),
        };
        plain.extend_from_slice(&Zeroizing::new(opened.map_err(|_| Error::WrongKey)?));
        match (is_last, rest.is_empty()) {
            (true, true) => return Ok(plain),
            (true, false) => return Err(Error::Damaged("something follows its end")),
            (false, _) => {}
        }
        stream = rest;
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "shreotsinWadquidAitNefayctowUrph";

    fn sealer() -> Sealer {
        Sealer::new(&SecretString::from(PASSPHRASE)).expect("32 bytes")
    }

    #[test]
    fn what_is_sealed_can_be_opened_and_looks_different_each_time() {
        let (a, b) = (sealer().seal(b"secret"), sealer().seal(b"secret"));
        assert_ne!(a, b);
        assert_eq!(sealer().open(&a).expect("own value").as_slice(), b"secret");
        assert!(!a.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let sealed = sealer().seal(b"secret");
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(sealer().open(&changed).is_err(), "byte {position}");
        }
    }

    #[test]
    fn another_passphrase_is_told_from_damage() {
        let other = Sealer::new(&SecretString::from("x".repeat(32))).expect("32 bytes");
        assert_eq!(other.open(&sealer().seal(b"secret")), Err(Error::UnknownKey));
    }

    #[test]
    fn upstream_envelopes_are_read() {
        let vectors = [
            (
                r#"{"nonce":[69,211,186,244,26,86,52,101,194,122,219,247,21,183,65,48,113,210,233,30,239,23,247,135,251,65,107,101,34,145,68,150],"data":"IAAaALKD+KKU327fyPAszAo83D6o8QNqfQAqYGIHoZ+pK693bRI0Hi8CR8gcjpLn6yD+jzyTyM+wXyU="}"#,
                r#"{"oauth2_token":"gtsecret"}"#,
            ),
            (
                r#"{"nonce":[214,82,49,57,101,45,107,77,172,224,72,182,182,105,243,192,164,107,101,150,5,206,189,110,131,41,207,220,70,81,176,189],"data":"IAACAJ8MTDYRWgszdbvndxfRxEVBCsMe0gZyHBCr3UKuz9k="}"#,
                "abc",
            ),
        ];
        for (sealed, plain) in vectors {
            assert_eq!(sealer().open(sealed.as_bytes()).expect("a good value").as_slice(), plain.as_bytes());
        }
    }

    #[test]
    fn values_older_than_the_envelope_are_read() {
        let sealed = hex::decode("000102030405060708090a0b12a5db5a59f2ec89aa6f6eff7478822eef6139a6c43e1743a09a").expect("hex");
        assert_eq!(expose(&sealer().open_text(&sealed).expect("a good value")), "hello garm");
    }

    #[test]
    fn long_streams_have_several_packages_of_either_cipher() {
        let key = [7; 32];
        let plain: Vec<u8> = (0..70_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let package = |number: u32, cipher: u8, body: &[u8], last: bool| {
            let mut header = vec![0x20, cipher];
            header.extend(u16::try_from(body.len() - 1).expect("short").to_le_bytes());
            let mut nonce = [3_u8; 12];
            nonce[0] = if last { 0x83 } else { 0x03 };
            header.extend(nonce);
            for (byte, with) in nonce[8..].iter_mut().zip(number.to_le_bytes()) {
                *byte ^= with;
            }
            let payload = Payload { msg: body, aad: &header[..4] };
            let sealed = match cipher {
                0 => Aes256Gcm::new((&key).into()).encrypt((&nonce).into(), payload),
                _ => ChaCha20Poly1305::new((&key).into()).encrypt((&nonce).into(), payload),
            };
            [header.clone(), sealed.expect("short")].concat()
        };
        for cipher in [0, 1] {
            let first = package(0, cipher, &plain[..65_536], false);
            let second = package(1, cipher, &plain[65_536..], true);
            assert_eq!(open_dare(&key, &[first.clone(), second.clone()].concat()).expect("whole").as_slice(), plain);
            assert!(open_dare(&key, &first).is_err(), "cut off");
            assert!(open_dare(&key, &[second, first].concat()).is_err(), "out of order");
        }
    }

    #[test]
    fn the_passphrase_has_32_bytes_and_is_not_shown() {
        assert_eq!(Sealer::new(&SecretString::from("short")).expect_err("too short"), Error::PassphraseLength(5));
        assert!(!format!("{:?}", sealer()).contains(PASSPHRASE));
    }
}
