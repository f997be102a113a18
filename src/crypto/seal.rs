//! Sealed columns: what the database holds of a secret.
//!
//! One format of our own is written: a mark, the id of the key, a random nonce, and XChaCha20-Poly1305 over the plain text. Mark, key id and
//! the place of the value are its associated data, so a value that is copied to another row does not open there. Three other forms
//! are read. That of older versions is not bound to a place. An upstream database may hold its envelope (a JSON object around a DARE 2.0
//! stream) and, older, bare AES-256-GCM.
//!
//! Values are sealed with the present passphrase. While a passphrase is changed, values of the old ones can still be opened.

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

/// Begins every value sealed by us; a byte for the form follows.
const MARK: &[u8; 4] = b"garm";
/// The form of older versions: the place is not part of the associated data.
const UNBOUND: u8 = 1;
/// The form that is written: bound to its place.
const BOUND: u8 = 2;
const KEY_ID: usize = 4;
const NONCE: usize = 24;
const HEAD: usize = MARK.len() + 1 + KEY_ID;

/// Seals and opens secrets with the installation's passphrase.
#[derive(Clone)]
pub struct Sealer {
    present: Key,
    old: Vec<Key>,
}

/// A passphrase, and the key that is made of it.
#[derive(Clone)]
struct Key {
    passphrase: Zeroizing<[u8; 32]>,
    /// The bytes of the cipher's key.
    own: Zeroizing<[u8; 32]>,
    id: [u8; KEY_ID],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    /// From the configured passphrase, and from those that it replaces.
    ///
    /// # Errors
    /// [`Error::PassphraseLength`] unless each has exactly 32 bytes.
    pub fn new(passphrase: &SecretString, old: &[SecretString]) -> Result<Self, Error> {
        Ok(Self { present: Key::new(passphrase)?, old: old.iter().map(Key::new).collect::<Result<_, _>>()? })
    }

    /// Seals a plain text for a place: it opens there and nowhere else. Sealing the same twice gives different values.
    #[must_use]
    pub fn seal(&self, plain: &[u8], place: &str) -> Vec<u8> {
        let nonce: [u8; NONCE] = random::bytes();
        let head = [MARK.as_slice(), &[BOUND], &self.present.id].concat();
        let body = self.present.cipher().encrypt((&nonce).into(), Payload { msg: plain, aad: &[&head, place.as_bytes()].concat() });
        [head, nonce.to_vec(), body.expect("columns are far shorter than the cipher's limit")].concat()
    }

    /// Whether a value has the form that is written now, and was sealed with the present passphrase.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        Head::of(sealed).is_some_and(|(head, _)| head.form == BOUND && head.key_id == self.present.id)
    }

    /// The same sealer without the passphrases that are replaced.
    #[must_use]
    pub fn without_old(&self) -> Self {
        Self { present: self.present.clone(), old: Vec::new() }
    }

    /// Opens a sealed value of this place, ours or upstream's.
    ///
    /// # Errors
    /// When it is damaged, is from another place, or was sealed with a passphrase that is not configured.
    pub fn open(&self, sealed: &[u8], place: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        if sealed.starts_with(MARK) {
            return self.open_own(sealed, place);
        }
        let envelope = serde_json::from_slice::<Envelope>(sealed);
        let open = |key: &Key| match &envelope {
            Ok(envelope) => key.open_envelope(envelope),
            Err(_) => key.open_bare(sealed),
        };
        // These values do not say which key they were sealed with.
        let with_present = open(&self.present);
        self.old.iter().fold(with_present, |opened, key| opened.or_else(|fault| open(key).map_err(|_| fault)))
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// As [`Sealer::open`]; when the plain text is not UTF-8.
    pub fn open_text(&self, sealed: &[u8], place: &str) -> Result<SecretString, Error> {
        let plain = self.open(sealed, place)?;
        std::str::from_utf8(&plain).map(SecretString::from).map_err(|_| Error::Damaged("it is not text"))
    }

    fn open_own(&self, sealed: &[u8], place: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let short = Error::Damaged("it is too short");
        let (head, rest) = Head::of(sealed).ok_or_else(|| short.clone())?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(short)?;
        let place = match head.form {
            UNBOUND => "",
            BOUND => place,
            _ => return Err(Error::Damaged("it has an unknown form")),
        };
        let key = std::iter::once(&self.present).chain(&self.old).find(|key| key.id == head.key_id).ok_or(Error::UnknownKey)?;
        let opened = key.cipher().decrypt(nonce.into(), Payload { msg: body, aad: &[&sealed[..HEAD], place.as_bytes()].concat() });
        opened.map(Zeroizing::new).map_err(|_| Error::WrongKey)
    }
}

/// The beginning of a value sealed by us.
struct Head {
    form: u8,
    key_id: [u8; KEY_ID],
}

impl Head {
    /// The head of a sealed value, and the rest.
    fn of(sealed: &[u8]) -> Option<(Self, &[u8])> {
        let (form, rest) = sealed.strip_prefix(MARK)?.split_first()?;
        let (key_id, rest) = rest.split_first_chunk()?;
        Some((Self { form: *form, key_id: *key_id }, rest))
    }
}

impl Key {
    fn new(passphrase: &SecretString) -> Result<Self, Error> {
        let text = expose(passphrase).as_bytes();
        let passphrase: [u8; 32] = text.try_into().map_err(|_| Error::PassphraseLength(text.len()))?;
        let key = derive(&passphrase, None, b"garm sealed column v1");
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&Sha256::digest(key.as_slice())[..KEY_ID]);
        Ok(Self { passphrase: Zeroizing::new(passphrase), own: key, id })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.own).into())
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
    const PLACE: &str = "credentials.secret 1 github.com";

    fn sealer() -> Sealer {
        Sealer::new(&SecretString::from(PASSPHRASE), &[]).expect("32 bytes")
    }

    impl Sealer {
        /// Seals a plain text as older versions did.
        pub(crate) fn seal_unbound(&self, plain: &[u8]) -> Vec<u8> {
            let nonce = [9; NONCE];
            let head = [MARK.as_slice(), &[UNBOUND], &self.present.id].concat();
            let body = self.present.cipher().encrypt((&nonce).into(), Payload { msg: plain, aad: &head }).expect("short");
            [head, nonce.to_vec(), body].concat()
        }
    }

    #[test]
    fn what_is_sealed_can_be_opened_and_looks_different_each_time() {
        let (a, b) = (sealer().seal(b"secret", PLACE), sealer().seal(b"secret", PLACE));
        assert_ne!(a, b);
        assert_eq!(sealer().open(&a, PLACE).expect("own value").as_slice(), b"secret");
        assert!(!a.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let sealed = sealer().seal(b"secret", PLACE);
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(sealer().open(&changed, PLACE).is_err(), "byte {position}");
        }
    }

    #[test]
    fn another_passphrase_is_told_from_damage() {
        let other = Sealer::new(&SecretString::from("x".repeat(32)), &[]).expect("32 bytes");
        assert_eq!(other.open(&sealer().seal(b"secret", PLACE), PLACE), Err(Error::UnknownKey));
    }

    #[test]
    fn a_value_opens_in_its_place_only_and_an_older_one_anywhere() {
        let sealed = sealer().seal(b"secret", PLACE);
        for other in ["credentials.secret 2 github.com", "credentials.secret 1 forge.example.com", "entities.webhook_secret 1", ""] {
            assert_eq!(sealer().open(&sealed, other), Err(Error::WrongKey), "{other}");
        }
        let mut unbound = sealed.clone();
        unbound[MARK.len()] = UNBOUND;
        assert_eq!(sealer().open(&unbound, PLACE), Err(Error::WrongKey), "its form cannot be taken from it");
        let older = sealer().seal_unbound(b"secret");
        assert_eq!(sealer().open(&older, PLACE).expect("a good value").as_slice(), b"secret");
        assert!(sealer().is_current(&sealed) && !sealer().is_current(&older) && !sealer().is_current(b"{}"));
    }

    #[test]
    fn values_of_a_passphrase_that_is_replaced_open_until_it_is_left_out() {
        let envelope = br#"{"nonce":[214,82,49,57,101,45,107,77,172,224,72,182,182,105,243,192,164,107,101,150,5,206,189,110,131,41,207,220,70,81,176,189],"data":"IAACAJ8MTDYRWgszdbvndxfRxEVBCsMe0gZyHBCr3UKuz9k="}"#;
        let old = [SecretString::from("y".repeat(32)), SecretString::from(PASSPHRASE)];
        let next = Sealer::new(&SecretString::from("x".repeat(32)), &old).expect("32 bytes");
        for (sealed, plain) in
            [(sealer().seal(b"abc", PLACE), b"abc"), (sealer().seal_unbound(b"abc"), b"abc"), (envelope.to_vec(), b"abc")]
        {
            assert_eq!(next.open(&sealed, PLACE).expect("a good value").as_slice(), plain);
            assert!(!next.is_current(&sealed));
            assert!(next.without_old().open(&sealed, PLACE).is_err());
        }
        assert_eq!(next.without_old().open(&next.seal(b"abc", PLACE), PLACE).expect("a good value").as_slice(), b"abc");
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
            assert_eq!(sealer().open(sealed.as_bytes(), PLACE).expect("a good value").as_slice(), plain.as_bytes());
        }
    }

    #[test]
    fn values_older_than_the_envelope_are_read() {
        let sealed = hex::decode("000102030405060708090a0b12a5db5a59f2ec89aa6f6eff7478822eef6139a6c43e1743a09a").expect("hex");
        assert_eq!(expose(&sealer().open_text(&sealed, PLACE).expect("a good value")), "hello garm");
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
        assert_eq!(Sealer::new(&SecretString::from("short"), &[]).expect_err("too short"), Error::PassphraseLength(5));
        assert!(!format!("{:?}", sealer()).contains(PASSPHRASE));
    }
}
