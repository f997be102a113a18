//! The certificate with which the server proves who it is. A new one can take its place at any time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// Why a certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {text}", .path.display())]
pub struct TlsError {
    path: PathBuf,
    text: String,
}

/// Certificate chain and key, both PEM files. Clones share what was read.
#[derive(Clone, Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: Arc<Current>,
    server: Arc<ServerConfig>,
}

/// The certificate that new connections get.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be read or do not belong together.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let provider = Arc::new(default_provider());
        let current = Arc::new(Current(RwLock::new(Arc::new(read(certificate, key, &provider)?))));
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|fault| TlsError { path: key.to_owned(), text: fault.to_string() })?;
        let mut server = builder.with_no_client_auth().with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), current, server: Arc::new(server) })
    }

    /// Reads the files again. New connections get what they hold now; where that cannot be used, what was read before.
    ///
    /// # Errors
    /// When they cannot be read or do not belong together.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = read(&self.certificate, &self.key, &default_provider())?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }
}

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let wrong = |path: &Path, text: String| TlsError { path: path.to_owned(), text };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|fault| wrong(certificate, fault.to_string()))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "the file has no certificate".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|fault| wrong(key, fault.to_string()))?;
    CertifiedKey::from_der(chain, private, provider).map_err(|fault| wrong(certificate, fault.to_string()))
}
